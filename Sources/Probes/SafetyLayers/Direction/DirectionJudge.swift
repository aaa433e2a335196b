import Inference

/// A bench with the groups of its prompts, which makes means with intervals of what it measures.
struct DirectionJudge {
  private let bench: DirectionBench
  private let positives: ClusterBootstrap
  private let negatives: ClusterBootstrap

  /// Runs the prompts of a sample once as they are.
  init(
    _ checks: ModelChecks, _ sample: DirectionSample, _ refusal: RefusalOpening, draws: Int
  ) throws {
    func prompts(_ indices: [Int]) -> ClusterBootstrap {
      ClusterBootstrap(
        clusters: Clusters(indices.map { checks.prompts[$0] }), draws: draws, seed: checks.seed)
    }
    bench = try DirectionBench(
      checks.decoder,
      positives: sample.positives.map { checks.tokens[$0].followed(by: refusal.prefix) },
      negatives: sample.negatives.map { checks.tokens[$0].followed(by: refusal.prefix) },
      tokens: refusal.tokens, threads: checks.threads)
    positives = prompts(sample.positives)
    negatives = prompts(sample.negatives)
  }

  /// Mean R as the prompts are.
  var unchanged: ClassMeans {
    ClassMeans(positives: mean(bench.refused), negatives: mean(bench.answered))
  }

  /// Judges a direction; nil where it has none, or a score is no number.
  func scores(_ vector: [Float], layer: Int) throws -> DirectionScores? {
    guard let measured = try measured(vector, layer: layer) else { return nil }
    let (ablation, induced) = measured
    guard
      let bypassed = positives.mean(ablation.refused),
      let drop = positives.mean(zip(bench.refused, ablation.refused).map { $0 - $1 }),
      let added = negatives.mean(induced),
      let rise = negatives.mean(zip(induced, bench.answered).map { $0 - $1 }),
      let divergence = negatives.mean(ablation.divergences)
    else { return nil }
    return DirectionScores(
      bypassed: bypassed, drop: drop, induced: added, rise: rise, divergence: divergence)
  }

  /// Judges a direction that should do nothing; nil where it has none.
  func nullScores(_ vector: [Float], layer: Int) throws -> NullScores? {
    guard let (ablation, induced) = try measured(vector, layer: layer) else { return nil }
    return NullScores(
      bypassed: mean(ablation.refused), induced: mean(induced),
      divergence: mean(ablation.divergences))
  }

  private func measured(
    _ vector: [Float], layer: Int
  ) throws -> (DirectionBench.Ablation, induced: [Double])? {
    guard let unit = vector.unit else { return nil }
    let ablation = try bench.ablated(unit)
    let induced = try bench.induced(vector, layer: layer)
    let figures = [ablation.refused, ablation.divergences, induced]
    return figures.allSatisfy { $0.allSatisfy(\.isFinite) } ? (ablation, induced) : nil
  }
}

/// The mean of some values.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

extension ClusterBootstrap {
  /// The mean over rows; nil without any.
  func mean(_ values: [Double]) -> Estimate? { ratio(values, over: values.map { _ in 1 }) }
}

extension [Float] {
  /// The vector at length 1; nil where it has no direction.
  var unit: [Float]? {
    let norm = map { Double($0) * Double($0) }.reduce(0, +).squareRoot()
    guard norm > 0, norm.isFinite else { return nil }
    return map { Float(Double($0) / norm) }
  }
}
