public import Inference
import Kernels

extension ModelChecks {
  /// Removes and adds a probe's direction and compares what that does to refusal with random directions.
  ///
  /// Takes one pass over the prompts drawn and then, from the site's block on, one for the direction and each
  /// random one that is removed, and for each length two for the direction and one for each random one that
  /// is added. The streams that enter the block are held meanwhile: 4 × d_model bytes for each token.
  ///
  /// - Parameters:
  ///   - direction: the probe's weights as a unit vector, positive towards class 1, and its site.
  ///   - refusal: the first tokens of refusals, and what every reply begins with before them.
  ///   - options: how many prompts and random directions, and how far to move.
  ///   - onProgress: called with the interventions done and their number.
  /// - Returns: changes of refusal log-odds, and whether the check passes.
  /// - Throws: `InferenceError.vectorWidth` where the direction is not as wide as its site.
  public func causalCheck(
    _ direction: Direction, _ refusal: RefusalOpening, _ options: CausalOptions = CausalOptions(),
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> CausalCheck {
    let site = direction.site
    let width = site.kind.width(in: decoder.description) ?? 0
    guard direction.unit.count == width else {
      throw InferenceError.vectorWidth(
        source: "the probe's direction", found: direction.unit.count, site: site.name,
        expected: width)
    }
    let drawn = [1, 0].flatMap {
      sample(ofClass: $0, count: options.promptsPerClass, stream: .interventions)
    }.sorted()
    let bench = try InterventionBench(
      decoder, drawn.map { tokens[$0].followed(by: refusal.prefix) }, site: site,
      tokens: refusal.tokens, threads: threads)
    let random = try randomDirections(beside: direction, options)
    let lengths = [options.strength * bench.medianNorm] + [options.classGap].compactMap(\.self)

    let count = 1 + random.count + lengths.count * (2 + random.count)
    var done = 0
    func changes(_ operation: Intervention.Operation) throws -> [Double] {
      defer {
        done += 1
        onProgress(done, count)
      }
      return try bench.changes(operation)
    }
    let means = ClusteredMeans(drawn.map { prompts[$0] }, draws: options.draws, seed: seed)
    let removal = means.effect(
      try changes(.projectOut(direction.unit)),
      random: try random.map { try changes(.moveAsProjecting(direction.unit, along: $0.unit)) })
    let additions = try lengths.map { length in
      let besides = try random.map { try changes(.add($0.vector(ofLength: length))) }
      return CausalAddition(
        length: length,
        added: means.effect(
          try changes(.add(direction.vector(ofLength: length))), random: besides),
        subtracted: means.effect(
          try changes(.add(direction.vector(ofLength: -length))), random: besides))
    }
    return CausalCheck(
      site: site.name, positives: means.rows(ofClass: 1).count,
      negatives: means.rows(ofClass: 0).count, groups: means.clusterCount,
      randomDirections: random.count, medianNorm: bench.medianNorm,
      unchanged: means.classMeans(bench.unchanged), removal: removal, additions: additions)
  }

  /// Directions drawn without regard to the prompts.
  private func randomDirections(
    beside direction: Direction, _ options: CausalOptions
  ) throws -> [Direction] {
    var generator = SeededGenerator(seed: seed, stream: .interventionDirections)
    var numbers = SplitMix64(seed: generator.next())
    let width = direction.unit.count
    precondition(
      options.componentScales?.count ?? width == width,
      "\(options.componentScales?.count ?? 0) scales for \(width) components")
    return try (0..<options.randomDirections).map { _ in
      let values = (0..<width).map { column in
        Float(numbers.nextNormals().0 * (options.componentScales?[column] ?? 1))
      }
      return try Direction(values, site: direction.site, source: "a random direction")
    }
  }
}

extension Direction {
  /// The direction as a vector; the other way for a length below zero.
  fileprivate func vector(ofLength length: Double) -> [Float] {
    unit.map { Float(Double($0) * length) }
  }
}
