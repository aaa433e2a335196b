public import Inference
import Kernels
import Synchronization
import Tokenization

/// What a search for a refusal direction gives.
public struct FoundDirection: Sendable {
  /// The result.
  public let result: RefusalDirection
  /// The difference of class means that was chosen, as long as it is, and its site; nil where none was.
  public let vector: (values: [Float], site: HookSite)?
}

extension ModelChecks {
  /// Looks for one direction that carries the model's refusal: differences of class means at every layer and
  /// last position, chosen by what projecting them out and adding them does (Arditi et al., arXiv 2406.11717).
  ///
  /// Means are taken on the part to fit on, the choice is made on that to choose by, and the chosen one is
  /// reported on the rest. Takes two passes for every candidate over the prompts that candidates are judged on,
  /// about a third of them from the candidate's layer on.
  ///
  /// - Parameters:
  ///   - refusal: the first tokens of refusals, and what every reply begins with before them.
  ///   - parts: the part of the data that each prompt is for.
  ///   - endOfSequence: tokens that end a reply.
  ///   - options: how many prompts and draws, and the limits.
  ///   - onProgress: called with the directions judged and their number.
  /// - Returns: the result, and the direction where there is one.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func refusalDirection(
    _ refusal: RefusalOpening, parts: [PromptPart], endOfSequence: Set<Int32>,
    _ options: DirectionOptions = DirectionOptions(),
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> FoundDirection {
    let keptBy = options.keepsAllPrompts ? nil : refusal
    let samples = try [
      (PromptPart.train, options.trainingPerClass), (.dev, options.developmentPerClass),
      (.test, options.testPerClass),
    ].map { try directionSample($0, parts, perClass: $1, keptBy: keptBy) }
    let tail = TailPositions(
      tokens.map { $0.followed(by: refusal.prefix) }, replyCount: refusal.prefix.count)
    let search = DirectionSearch(
      checks: self, refusal: refusal, options: options, tail: tail, samples: samples)
    if samples[0].count < RefusalDirection.leastTraining {
      return search.result(.tooFewPrompts(.train))
    }
    if samples[1].count < RefusalDirection.leastJudging {
      return search.result(.tooFewPrompts(.dev))
    }
    return try search.run(endOfSequence: endOfSequence, onProgress: onProgress)
  }
}

/// A search under way.
private struct DirectionSearch {
  let checks: ModelChecks
  let refusal: RefusalOpening
  let options: DirectionOptions
  let tail: TailPositions
  let samples: [DirectionSample]

  private var layerCount: Int { checks.decoder.description.layerCount }
  private var gridSize: Int { layerCount * tail.count }

  func run(
    endOfSequence: Set<Int32>, onProgress: (Int, Int) -> Void
  ) throws -> FoundDirection {
    let hasTest = samples[2].count >= RefusalDirection.leastJudging
    // Nulls of two kinds, the variants, and the chosen one on other prompts.
    let count =
      gridSize + 2 * options.nullDirections + DirectionVariant.Kind.allCases.count
      + (hasTest ? 1 : 0)
    var done = 0
    func advance() {
      done += 1
      onProgress(done, count)
    }
    let members = samples[0].positives + samples[0].negatives
    let labels = members.map { checks.prompts[$0].label }
    let prompts = members.map { checks.tokens[$0].followed(by: refusal.prefix) }
    let means = try TailMeans(
      checks.decoder, prompts, labels: labels, tail: tail, threads: checks.threads)
    let judge = try DirectionJudge(checks, samples[1], refusal, draws: options.draws)
    var candidates: [DirectionCandidate] = []
    for layer in 0..<layerCount {
      for place in 0..<tail.count {
        let vector = means.difference(layer: layer, place: place)
        let scores = try judge.scores(vector.map { Float($0) }, layer: layer)
        candidates.append(
          DirectionCandidate(
            layer: layer, position: tail.names[place], norm: vector.norm, scores: scores,
            faults: options.limits.faults(layer: layer, layerCount: layerCount, scores)))
        advance()
      }
    }
    guard
      let best = candidates.indices.filter({ candidates[$0].faults.isEmpty }).min(by: {
        candidates[$0].bypassed < candidates[$1].bypassed
      }), let development = candidates[best].scores
    else {
      return result(.allDiscarded, unchanged: judge.unchanged, candidates)
    }
    let (layer, place) = (best / tail.count, best % tail.count)
    let site = HookSite(.residPre, layer: layer)
    let rows = DirectionRows(
      try PositionPass(
        checks.decoder, prompts, positions: prompts.map { [tail.positions(in: $0)[place]] },
        threads: checks.threads
      ).rows(site, prompts: prompts.count, positions: 1), labels: labels)
    let vector = means.difference(layer: layer, place: place).map { Float($0) }
    let reporting =
      hasTest ? try DirectionJudge(checks, samples[2], refusal, draws: options.draws) : judge
    let test = hasTest ? try reporting.scores(vector, layer: layer) : nil
    if hasTest { advance() }
    func nulls(_ vectors: [[Double]]) throws -> [NullScores] {
      try vectors.compactMap { vector in
        defer { advance() }
        return try reporting.nullScores(vector.map { Float($0) }, layer: layer)
      }
    }
    func besides(_ vectors: [[Double]]) throws -> NullDirections {
      NullDirections(
        try nulls(vectors), cosines: vectors.map { cosine($0, rows.difference) },
        beside: test ?? development)
    }
    let sizes = vector.map { Double($0) * Double($0) }
    let top = sizes.largest(3)
    guard let direction = vector.unit,
      let stability = rows.stability(
        halves: options.halves, draws: options.draws, seed: checks.seed)
    else { return result(.allDiscarded, unchanged: judge.unchanged, candidates) }
    let chosen = ChosenDirection(
      layer: layer, position: tail.names[place], norm: candidates[best].norm,
      development: development, test: test, unchanged: reporting.unchanged,
      nulls: DirectionNulls(
        random: try besides(
          randomVectors(length: candidates[best].norm, width: vector.count)),
        shuffled: try besides(rows.shuffled(options.nullDirections, seed: checks.seed))),
      stability: stability,
      guards: try [(.winsorised, rows.winsorised()), (.masked, rows.masked())].compactMap {
        kind, other in
        let scores = try nulls([other]).first
        return scores.map {
          DirectionVariant(kind: kind, cosine: cosine(other, rows.difference), scores: $0)
        }
      },
      topShare: top.reduce(0) { $0 + sizes[$1] } / sizes.reduce(0, +), topComponents: top,
      replyLoss: try loss(without: direction) {
        try LossComparison(
          repliesOf: $0, endOfSequence: endOfSequence, maxTokens: options.replyTokens,
          draws: options.draws)
      },
      promptLoss: try loss(without: direction) {
        LossComparison(promptsOf: $0, draws: options.draws)
      },
      residue: try residue(of: direction, prompts: prompts))
    return FoundDirection(
      result: result(.chosen(chosen), unchanged: judge.unchanged, candidates).result,
      vector: (vector, site))
  }

  /// What came of the search so far.
  func result(
    _ outcome: RefusalDirection.Outcome, unchanged: ClassMeans? = nil,
    _ candidates: [DirectionCandidate] = []
  ) -> FoundDirection {
    let curves = (0..<(candidates.isEmpty ? 0 : layerCount)).map { layer in
      let ofLayer = candidates.filter { $0.layer == layer && $0.scores != nil }
      func best(_ part: (DirectionScores) -> Estimate) -> (String, Estimate)? {
        ofLayer.compactMap { candidate in candidate.scores.map { (candidate.position, part($0)) } }
          .max { $0.1.value < $1.1.value }
      }
      let (drop, rise) = (best(\.drop), best(\.rise))
      return DirectionLayer(
        layer: layer, dropPosition: drop?.0, drop: drop?.1, risePosition: rise?.0, rise: rise?.1)
    }
    return FoundDirection(
      result: RefusalDirection(
        options: options, opening: refusal, positions: tail.names, samples: samples,
        gridSize: gridSize, unchanged: unchanged, candidates: candidates, curves: curves,
        outcome: outcome),
      vector: nil)
  }

  /// Random directions of one length.
  private func randomVectors(length: Double, width: Int) -> [[Double]] {
    var generator = SeededGenerator(seed: checks.seed, stream: .directionNulls)
    var numbers = SplitMix64(seed: generator.next())
    return (0..<options.nullDirections).map { _ in
      let values = (0..<width).map { _ in numbers.nextNormals().0 }
      let norm = values.norm
      return values.map { $0 / norm * length }
    }
  }

  /// What projecting a direction out does to texts of harmless prompts.
  private func loss(
    without unit: [Float], of texts: (ModelChecks) throws -> LossComparison?
  ) throws -> LossChange? {
    let judged = samples[2].count >= RefusalDirection.leastJudging ? samples[2] : samples[1]
    let harmless = try checks.restricted(
      to: Array(judged.negatives.prefix(options.repliedPrompts)))
    return try texts(harmless)?.compare { [layers = 0..<layerCount] _, _ in
      Intervention.ablation(of: unit, layers: layers)
    }
  }

  /// The largest component along a direction that is left of any row that enters or leaves a block, the
  /// direction projected out, as a share of the row's length.
  private func residue(of unit: [Float], prompts: [TokenizedPrompt]) throws -> Double {
    let layers = 0..<layerCount
    let largest = Mutex(0.0)
    let sites =
      layers.map { HookSite(.residPre, layer: $0) }
      + [HookSite(.residPost, layer: layerCount - 1)]
    let some = Array(prompts.prefix(RefusalDirection.leastTraining))
    try PositionPass(
      checks.decoder, some, positions: some.map { Array($0.ids.indices) },
      threads: checks.threads
    ).run(
      sites, hooks: { _ in Intervention.ablation(of: unit, layers: layers) },
      look: { _, _, _, values in
        var (component, square) = (0.0, 0.0)
        for column in values.indices {
          component += Double(values[column]) * Double(unit[column])
          square += Double(values[column]) * Double(values[column])
        }
        let share = abs(component) / square.squareRoot()
        largest.withLock { $0 = max($0, share) }
      })
    return largest.withLock { $0 }
  }
}

extension DirectionCandidate {
  /// What candidates are chosen by: the lower, the better.
  fileprivate var bypassed: Double { scores?.bypassed.value ?? .infinity }
}

extension [Double] {
  /// The Euclidean norm.
  var norm: Double { reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
