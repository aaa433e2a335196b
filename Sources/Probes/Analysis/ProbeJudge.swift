import Kernels

/// Turns out-of-fold scores into figures with intervals, all on the same bootstrap draws.
struct ProbeJudge: Sendable {
  let plan: CrossFitPlan
  let bootstrap: ClusterBootstrap

  /// A predictor's area under the ROC curve, on the data and in every draw.
  struct Areas {
    let value: Double?
    let replicates: [Double?]

    /// The area with its interval.
    var estimate: Estimate? { ClusterBootstrap.estimate(value, replicates) }

    /// This area above another, on the same draws.
    func gain(over reference: Areas) -> Estimate? {
      guard let value, let base = reference.value else { return nil }
      return ClusterBootstrap.estimate(
        value - base,
        zip(replicates, reference.replicates).map { one, other in
          guard let one, let other else { return nil }
          return one - other
        })
    }
  }

  /// The areas of scores, over pairs within a fold or within other strata.
  func areas(_ scores: [Double], within strata: [Int]? = nil) -> Areas {
    let ranked = RankedScores(
      scores: scores, labels: plan.labels, folds: strata ?? plan.folds.indices)
    return Areas(value: ranked.areaUnderROC, replicates: bootstrap.areas(ranked))
  }

  /// Figures of one predictor, from scores of every row by one that was fitted without its fold.
  ///
  /// The gain is against the reference; without one it is left out.
  func figures(
    scores: [Double], penalties: [Double] = [], inner: [Double?] = [], against reference: Areas?
  ) -> (figures: ProbeFigures, areas: Areas) {
    let folds = plan.folds
    let areas = areas(scores)
    let innerAreas = inner.compactMap { $0 }
    let figures = ProbeFigures(
      auroc: areas.estimate,
      foldAurocs: (0..<folds.count).map { fold in
        let rows = folds.rows(in: fold)
        return areaUnderROC(
          scores: rows.map { scores[$0] }, labels: rows.map { plan.labels[$0] })
      },
      balancedAccuracy: ClusterBootstrap.estimate(
        balancedAccuracy(scores: scores, labels: plan.labels),
        bootstrap.balancedAccuracies(scores: scores, labels: plan.labels)),
      gain: reference.flatMap { areas.gain(over: $0) },
      innerAuroc: innerAreas.isEmpty
        ? nil : innerAreas.reduce(0, +) / Double(innerAreas.count),
      penalties: penalties)
    return (figures, areas)
  }

  /// Figures of a predictor that gives every row the same answer: one half by definition.
  ///
  /// Not computed from scores: a fold with more positives leaves fewer to train on, so constants
  /// fitted per fold would be wrong more often than chance.
  func constantFigures() -> (figures: ProbeFigures, areas: Areas) {
    let half = Estimate(value: 0.5, low: 0.5, high: 0.5, draws: bootstrap.draws)
    let figures = ProbeFigures(
      auroc: half, foldAurocs: [Double?](repeating: 0.5, count: plan.folds.count),
      balancedAccuracy: half, gain: nil, innerAuroc: nil, penalties: [])
    return (
      figures,
      Areas(value: 0.5, replicates: [Double?](repeating: 0.5, count: bootstrap.draws))
    )
  }
}
