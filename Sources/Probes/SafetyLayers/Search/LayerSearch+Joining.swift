import Inference

extension LayerSearch {
  /// Joins what was found with its intervals.
  ///
  /// - Parameters:
  ///   - found: what was found.
  ///   - search: the search.
  ///   - initial: where it began.
  ///   - prompts: the prompts of the counts, in order.
  ///   - promptsDigest: digest of the file they are from.
  ///   - rules: what told refusals.
  ///   - description: the model's shape.
  ///   - seed: fixes the bootstrap.
  init(
    _ found: BoundarySearch.Found, _ search: BoundarySearch, initial: InitialRange,
    prompts: [ProbePrompt], promptsDigest: String, rules: RefusalRules,
    description: DecoderDescription, seed: UInt64
  ) {
    let clusters = Clusters(prompts)
    let bootstrap = ClusterBootstrap(
      clusters: clusters, draws: search.options.draws, seed: seed)
    let ones = [Double](repeating: 1, count: prompts.count)
    func share(_ values: [Double]) -> Estimate {
      let mean = values.reduce(0, +) / Double(values.count)
      return bootstrap.ratio(values, over: ones)
        ?? Estimate(value: mean, low: mean, high: mean, draws: 0)
    }
    func sweep(_ counts: [SweepCount], _ bound: BoundarySweep.Bound) -> BoundarySweep? {
      guard !counts.isEmpty else { return nil }
      let drawn = counts.map { bootstrap.ratios($0.indicators, over: ones) }
      var support = [Double](repeating: 0, count: counts.count)
      for draw in 0..<bootstrap.draws {
        let shares = drawn.map { $0[draw] ?? 0 }
        support[BoundarySweep.extremum(shares, bound, found.direction)] += 1
      }
      return BoundarySweep(
        bound: bound, counts: counts, support: support.map { $0 / Double(bootstrap.draws) },
        chosen: counts[
          BoundarySweep.extremum(counts.map(\.refusals), bound, found.direction)
        ].range)
    }
    self.init(
      options: search.options, prompts: prompts.count, groups: clusters.count,
      promptsDigest: promptsDigest, rules: "\(rules.name)-\(rules.version)",
      rulesDigest: rules.digest, initial: initial,
      scaledBehindNorm: description.projectionsWithoutScale.map(\.rawValue),
      baseline: found.baseline, baselineShare: share(found.baseline.indicators),
      direction: found.direction, threshold: search.threshold, steps: found.steps,
      alpha: found.chosen?.alpha,
      reachedThreshold: (found.chosen?.deviation ?? 0) >= search.threshold,
      upper: sweep(found.upper, .upper), lower: sweep(found.lower, .lower), range: found.range,
      final: found.final,
      change: found.final.map { final in
        share(zip(final.indicators, found.baseline.indicators).map { $0 - $1 })
      })
  }
}
