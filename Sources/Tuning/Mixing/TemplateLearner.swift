/// Finds the fixed segments that prompts share.
///
/// Every prompt of a small sample is compared with every other one; words that nearly all share in one
/// order are fixed where they look like form rather than language, and count if nearly all prompts have
/// them.
struct TemplateLearner {
  /// Prompts that are compared with each other.
  static let comparedCount = 20
  /// Share of the prompts that must have a segment.
  static let support = 0.9
  /// Shares of the compared prompts that suggest a segment, each tried where those before it suggest none:
  /// among few there may be more odd ones than among all.
  private static let suggestingShares = [support, 0.8]
  /// Share at which a segment says that there is more than one format.
  static let strandSupport = 0.3
  /// Unmarked words in a row that count as form wherever they stand.
  private static let phraseLength = 3
  /// How much a word of form weighs beside others when prompts are aligned.
  private static let formWeight = 8

  /// All prompts to learn from, in random order.
  let prompts: [String]
  private let bytes: [[UInt8]]
  private let compared: [[TextPiece]]

  init(_ prompts: [String]) {
    self.prompts = prompts
    bytes = prompts.map { Array($0.utf8) }
    compared = prompts.prefix(Self.comparedCount).map(TextPiece.pieces(of:))
  }

  /// The fixed segments with the slots between them, the best that any of the compared prompts suggests;
  /// nil where nothing is fixed or everything is.
  func segments() -> (fixed: [String], support: Double)? {
    Self.suggestingShares.lazy.compactMap { segments(suggestedBy: $0) }.first
  }

  private func segments(suggestedBy share: Double) -> (fixed: [String], support: Double)? {
    var best: (fixed: [String], support: Double, score: Double)?
    var seen: Set<[String]> = []
    var shares: [String: Double] = [:]
    let common = commonPieces(share: share)
    for pivot in compared.indices {
      let runs = sharedRuns(pivot, common, share: share).filter { isForm($0, in: pivot) }
        .filter { run in
          let text = text(run, of: pivot)
          let having = shares[text] ?? self.share(having: text)
          shares[text] = having
          return having >= Self.support
        }
      guard let fixed = fixedSegments(runs, of: pivot), seen.insert(fixed).inserted else {
        continue
      }
      let widened = withSharedSpace(fixed)
      let score = widened.support * Double(fixed.reduce(0) { $0 + $1.count })
      if score > best?.score ?? 0 { best = (widened.fixed, widened.support, score) }
    }
    return best.map { ($0.fixed, $0.support) }
  }

  /// Pieces of a form that a considerable part of the prompts shares and the others lack.
  func strands() -> Set<TextPiece> {
    let common = commonPieces(share: Self.strandSupport)
    let candidates = compared.indices.reduce(into: Set<TextPiece>()) { candidates, pivot in
      for run in sharedRuns(pivot, common, share: Self.strandSupport) {
        candidates.formUnion(formPieces(of: run, in: pivot))
      }
    }
    var counts: [TextPiece: Int] = [:]
    for prompt in prompts {
      for piece in candidates.intersection(TextPiece.pieces(of: prompt)) {
        counts[piece, default: 0] += 1
      }
    }
    return candidates.filter { piece in
      let share = Double(counts[piece] ?? 0) / Double(prompts.count)
      return share >= Self.strandSupport && share < Self.support
    }
  }

  /// Pieces that this share of the compared prompts have.
  private func commonPieces(share: Double) -> Set<TextPiece> {
    var counts: [TextPiece: Int] = [:]
    for pieces in compared {
      for piece in Set(pieces) { counts[piece, default: 0] += 1 }
    }
    let least = share * Double(compared.count)
    return Set(counts.filter { Double($0.value) >= least }.keys)
  }

  /// Runs of neighboring pieces of a prompt that this share of the others have in the same order.
  private func sharedRuns(
    _ pivot: Int, _ common: Set<TextPiece>, share: Double
  ) -> [Range<Int>] {
    let pieces = compared[pivot]
    let places = pieces.indices.filter { common.contains(pieces[$0]) }
    let weighted = places.map { place in
      let piece = pieces[place]
      let isForm = place == 0 || piece.beginsLine || piece.hasMark
      return (piece: piece, weight: isForm ? Self.formWeight : 1)
    }
    var counts = [Int](repeating: 0, count: places.count)
    for other in compared {
      let matches = CommonSubsequence.matches(weighted, other.filter { common.contains($0) })
      for (index, isMatched) in matches.enumerated() where isMatched { counts[index] += 1 }
    }
    let least = share * Double(compared.count)
    var runs: [Range<Int>] = []
    for (index, place) in places.enumerated() where Double(counts[index]) >= least {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }

  /// Whether a run is part of a form: it begins or ends a line, is marked like a label, or is a phrase.
  private func isForm(_ run: Range<Int>, in pivot: Int) -> Bool {
    let pieces = compared[pivot]
    return run.lowerBound == 0 || pieces[run.lowerBound].beginsLine
      || run.upperBound == pieces.count || pieces[run.upperBound].beginsLine
      || run.count >= Self.phraseLength || pieces[run].contains(where: \.hasMark)
  }

  /// Pieces by which a run is known as a form and no manner of speaking: labels, and a line's beginning.
  private func formPieces(of run: Range<Int>, in pivot: Int) -> [TextPiece] {
    let pieces = compared[pivot]
    let isLine =
      pieces[run.lowerBound].beginsLine
      && (run.upperBound == pieces.count || pieces[run.upperBound].beginsLine)
    let labels = pieces[run].filter { ListLabel($0.word) == nil && $0.word.last == ":" }
    return isLine ? labels + [pieces[run.lowerBound]] : labels
  }

  private func text(_ run: Range<Int>, of pivot: Int) -> String {
    compared[pivot][run].map(\.text).joined()
  }

  private func share(having segment: String) -> Double {
    let segment = Array(segment.utf8)
    let having = bytes.count { $0.firstRange(of: segment, from: 0) != nil }
    return Double(having) / Double(prompts.count)
  }

  /// The runs as segments around slots; nil without a slot or without a run.
  private func fixedSegments(_ runs: [Range<Int>], of pivot: Int) -> [String]? {
    guard let first = runs.first, let last = runs.last,
      first.lowerBound > 0 || last.upperBound < compared[pivot].count || runs.count > 1
    else { return nil }
    var fixed = runs.map { text($0, of: pivot) }
    if first.lowerBound > 0 { fixed.insert("", at: 0) }
    if last.upperBound < compared[pivot].count { fixed.append("") }
    return fixed
  }

  /// Moves white space by which nearly all values of a slot begin to the segment before.
  private func withSharedSpace(_ fixed: [String]) -> (fixed: [String], support: Double) {
    var fixed = fixed
    let parsed = parses(fixed)
    for slot in 0..<fixed.count - 1 {
      let spaces = parsed.map { String($0[slot].prefix(while: \.isWhitespace)) }
      guard let space = spaces.mostFrequent,
        Double(space.count) >= Self.support * Double(parsed.count)
      else { continue }
      fixed[slot] += space.text
    }
    return (fixed, Double(parses(fixed).count) / Double(prompts.count))
  }

  private func parses(_ fixed: [String]) -> [[String]] {
    let segments = fixed.map { Array($0.utf8) }
    let isList = [Bool](repeating: false, count: fixed.count - 1)
    return bytes.compactMap { TemplateParse.values(in: $0, fixed: segments, isList: isList) }
  }
}
