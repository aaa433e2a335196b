import Kernels

/// Turns out-of-fold scores into figures with intervals, all on the same bootstrap draws.
struct ProbeJudge: Sendable {
  let plan: CrossFitPlan
  let bootstrap: ClusterBootstrap

  /// A predictor's area under the ROC curve, on the data and in every draw.
  struct Areas {
    let value: Double?
    let replicates: [Double?]
  }

  /// The baselines' figures, and the areas of the best of them.
  struct Baselines {
    let results: [BaselineResult]
    let best: Baseline
    let areas: Areas
  }

  /// Figures of one predictor, from scores of every row by one that was fitted without its fold.
  ///
  /// The gain is against the reference; without one it is left out.
  func figures(
    scores: [Double], penalties: [Double], against reference: Areas?
  ) -> (figures: ProbeFigures, areas: Areas) {
    let folds = plan.folds
    let ranked = RankedScores(scores: scores, labels: plan.labels, folds: folds.indices)
    let areas = Areas(value: ranked.areaUnderROC, replicates: bootstrap.areas(ranked))
    var gain: Estimate?
    if let reference, let value = areas.value, let base = reference.value {
      gain = ClusterBootstrap.estimate(
        value - base,
        zip(areas.replicates, reference.replicates).map { one, other in
          guard let one, let other else { return nil }
          return one - other
        })
    }
    let figures = ProbeFigures(
      auroc: ClusterBootstrap.estimate(areas.value, areas.replicates),
      foldAurocs: (0..<folds.count).map { fold in
        let rows = folds.rows(in: fold)
        return areaUnderROC(
          scores: rows.map { scores[$0] }, labels: rows.map { plan.labels[$0] })
      },
      balancedAccuracy: ClusterBootstrap.estimate(
        balancedAccuracy(scores: scores, labels: plan.labels),
        bootstrap.balancedAccuracies(scores: scores, labels: plan.labels)),
      gain: gain, penalties: penalties)
    return (figures, areas)
  }

  /// Fits and judges every baseline.
  func baselines(_ prompts: [ProbePrompt], threads: Int) throws -> Baselines {
    let hasTokens = prompts.contains { !$0.userTokens.isEmpty }
    let judged = try parallelMap(count: Baseline.allCases.count, threads: threads) {
      index -> (result: BaselineResult, areas: Areas?) in
      let baseline = Baseline.allCases[index]
      let fit: CrossFit
      switch baseline {
      case .prevalence:
        let (figures, areas) = constantFigures()
        return (BaselineResult(baseline: baseline, figures: figures), areas)
      case .length where hasTokens:
        fit = try plan.logistic(
          Baseline.lengths(prompts), isScaled: true, name: baseline.rawValue)
      case .bagOfTokens where hasTokens:
        fit = try plan.logistic(Baseline.bags(prompts), isScaled: false, name: baseline.rawValue)
      case .length, .bagOfTokens:
        return (BaselineResult(baseline: baseline, figures: nil), nil)
      }
      let (figures, areas) = figures(
        scores: fit.outOfFold, penalties: fit.penalties, against: nil)
      return (BaselineResult(baseline: baseline, figures: figures), areas)
    }
    var best = (baseline: Baseline.prevalence, areas: constantFigures().areas)
    for (result, areas) in judged {
      guard let areas, let value = areas.value, value > best.areas.value ?? 0 else { continue }
      best = (result.baseline, areas)
    }
    return Baselines(results: judged.map(\.result), best: best.baseline, areas: best.areas)
  }

  /// A predictor that gives every row the same answer: one half by definition.
  ///
  /// Not computed from scores: a fold with more positives leaves fewer to train on, so constants
  /// fitted per fold would be wrong more often than chance.
  private func constantFigures() -> (figures: ProbeFigures, areas: Areas) {
    let half = Estimate(value: 0.5, low: 0.5, high: 0.5, draws: bootstrap.draws)
    let figures = ProbeFigures(
      auroc: half, foldAurocs: [Double?](repeating: 0.5, count: plan.folds.count),
      balancedAccuracy: half, gain: nil, penalties: [])
    return (
      figures,
      Areas(value: 0.5, replicates: [Double?](repeating: 0.5, count: bootstrap.draws))
    )
  }
}
