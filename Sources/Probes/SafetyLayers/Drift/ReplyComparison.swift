import Inference
import Kernels
import Synchronization
import Tokenization

/// Replies of a model to prompts, along which another model's next tokens are compared with its own.
struct ReplyComparison {
  private let before: ModelChecks
  private let after: Decoder
  /// The prompts, each with as much of the reply as the last prediction needs.
  private let texts: [TokenizedPrompt]
  /// Where in each text a next token is predicted.
  private let positions: [[Int]]
  /// So many prompts go through both models before the next do.
  private let promptsAtOnce: Int

  /// Most logits that are kept of one model while the other is asked.
  private static let keptLogits = 1 << 25

  /// Lets the model before reply greedily.
  ///
  /// - Parameters:
  ///   - before: the model before with the prompts.
  ///   - after: the model after.
  ///   - endOfSequence: tokens that end a reply; the prediction of the one that does counts.
  ///   - tokens: the most predictions of each reply.
  /// - Throws: `InferenceError.contextTooShort` where a reply does not fit the model.
  init(
    _ before: ModelChecks, to after: Decoder, endOfSequence: Set<Int32>, tokens: Int
  ) throws {
    let replies = try before.replies(
      to: before.tokens, endOfSequence: endOfSequence, maxTokens: tokens)
    let counts = replies.map { $0.ids.count + ($0.stopReason == .endOfSequence ? 1 : 0) }
    texts = before.tokens.indices.map { prompt in
      before.tokens[prompt].followed(by: Array(replies[prompt].ids.prefix(counts[prompt] - 1)))
    }
    positions = before.tokens.indices.map { prompt in
      let last = before.tokens[prompt].ids.count - 1
      return Array(last..<last + counts[prompt])
    }
    promptsAtOnce = max(
      1, Self.keptLogits / (tokens * before.decoder.description.vocabularySize))
    self.before = before
    self.after = after
  }

  /// How many times prompts go through both models.
  var pieceCount: Int { (texts.count + promptsAtOnce - 1) / promptsAtOnce }

  /// The divergence of the next token along each reply: Σ p (log p − log q), p being the model before's and q the
  /// model after's.
  ///
  /// - Parameter onPiece: called when some prompts are through.
  /// - Returns: nats, for each prompt and prediction.
  /// - Throws: `ProbeError.notFinite` where logits are no numbers, `ModelFileError` where weights cannot be read.
  func divergences(onPiece: () -> Void) throws -> [[Double]] {
    var found: [[Double]] = []
    for start in stride(from: 0, to: texts.count, by: promptsAtOnce) {
      found += try divergences(of: start..<min(start + promptsAtOnce, texts.count))
      onPiece()
    }
    for (prompt, values) in found.enumerated() {
      for (place, value) in values.enumerated() where !value.isFinite {
        throw ProbeError.notFinite(
          cell: "logits along the replies", row: prompt, column: place)
      }
    }
    return found
  }

  private func divergences(of piece: Range<Int>) throws -> [[Double]] {
    let (texts, positions) = (Array(texts[piece]), Array(positions[piece]))
    let starts = positions.indices.map { positions[..<$0].reduce(0) { $0 + $1.count } }
    let total = positions.reduce(0) { $0 + $1.count }
    let site = HookSite(.logits)
    let logits = SharedRows(count: total, width: before.decoder.description.vocabularySize)
    try PositionPass(before.decoder, texts, positions: positions, threads: before.threads)
      .run([site]) { _, prompt, place, values in logits.set(starts[prompt] + place, to: values) }
    let found = Mutex([Double](repeating: 0, count: total))
    try PositionPass(after, texts, positions: positions, threads: before.threads)
      .run([site]) { _, prompt, place, values in
        let row = starts[prompt] + place
        let value = divergence(of: values, from: logits[rows: row..<row + 1])
        found.withLock { $0[row] = value }
      }
    let values = found.withLock { $0 }
    return zip(starts, positions).map { Array(values[$0..<$0 + $1.count]) }
  }
}

extension ReplyDrift {
  /// Adds up divergences.
  ///
  /// - Parameters:
  ///   - divergences: for each prompt, of each token from the first on; at least one.
  ///   - labels: the prompts' classes.
  ///   - bootstrap: draws of the prompts.
  ///   - firstTokens: how many tokens are the first ones.
  package init(
    _ divergences: [[Double]], labels: [Int], _ bootstrap: ClusterBootstrap, firstTokens: Int
  ) {
    let sums = divergences.map { $0.reduce(0, +) }
    let firstSums = divergences.map { $0.prefix(firstTokens).reduce(0, +) }
    let counts = divergences.map { Double($0.count) }
    let firstCounts = divergences.map { Double(min($0.count, firstTokens)) }
    func of(_ classes: Set<Int>, _ values: [Double]) -> [Double] {
      zip(values, labels).map { classes.contains($1) ? $0 : 0 }
    }
    func mean(_ classes: Set<Int>) -> DrawnFigure {
      bootstrap.drawnRatio(of(classes, sums), over: of(classes, counts))
    }
    func part(_ classes: Set<Int>) -> Part {
      let share = bootstrap.drawnRatio(of(classes, firstSums), over: of(classes, sums))
      let even = bootstrap.drawnRatio(of(classes, firstCounts), over: of(classes, counts))
      return Part(
        prompts: labels.count { classes.contains($0) },
        tokens: Int(of(classes, counts).reduce(0, +)), mean: mean(classes).estimate,
        firstShare: share.estimate, evenShare: even.value ?? 0, excess: share.gain(over: even))
    }
    let longest = divergences.map(\.count).max() ?? 0
    positions = (0..<longest).map { place in
      let reaches = divergences.map { $0.count > place ? 1.0 : 0 }
      let values = divergences.map { $0.count > place ? $0[place] : 0 }
      func mean(_ label: Int) -> Estimate? {
        bootstrap.ratio(of([label], values), over: of([label], reaches))
      }
      return Position(
        position: place + 1, harmfulPrompts: Int(of([1], reaches).reduce(0, +)),
        harmlessPrompts: Int(of([0], reaches).reduce(0, +)), harmful: mean(1), harmless: mean(0))
    }
    groups = bootstrap.clusters.count
    (all, harmful, harmless) = (part([0, 1]), part([1]), part([0]))
    difference = mean([1]).gain(over: mean([0]))
  }
}
