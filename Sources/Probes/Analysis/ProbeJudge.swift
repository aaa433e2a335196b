import Kernels

/// Turns out-of-fold scores into figures with intervals, all on the same bootstrap draws.
struct ProbeJudge: Sendable {
  let plan: CrossFitPlan
  let bootstrap: ClusterBootstrap

  /// The areas of scores, over pairs within a fold or within other strata.
  func areas(_ scores: [Double], within strata: [Int]? = nil) -> DrawnFigure {
    bootstrap.areas(
      RankedScores(scores: scores, labels: plan.labels, folds: strata ?? plan.folds.indices))
  }

  /// Figures of one predictor, from scores of every row by one that was fitted without its fold.
  ///
  /// The gain is against the reference; without one it is left out.
  func figures(
    scores: [Double], penalties: [Double] = [], inner: [Double?] = [],
    against reference: DrawnFigure?
  ) -> (figures: ProbeFigures, areas: DrawnFigure) {
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
  func constantFigures() -> (figures: ProbeFigures, areas: DrawnFigure) {
    let half = Estimate(value: 0.5, low: 0.5, high: 0.5, draws: bootstrap.draws)
    let figures = ProbeFigures(
      auroc: half, foldAurocs: [Double?](repeating: 0.5, count: plan.folds.count),
      balancedAccuracy: half, gain: nil, innerAuroc: nil, penalties: [])
    return (figures, bootstrap.constant(0.5))
  }
}
