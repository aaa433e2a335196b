extension MatchedComparison {
  /// Compares the scores of a nested choice within strata of every kind.
  static func all(
    _ nested: NestedChoice, judge: ProbeJudge, baselines: JudgedBaselines,
    prompts: [ProbePrompt], clusters: Clusters, sources: Sources?
  ) -> [MatchedComparison] {
    let folds = judge.plan.folds
    return Matching.allCases.map { matching in
      let strata: Strata
      switch matching {
      case .length:
        guard prompts.contains(where: { !$0.userTokens.isEmpty }) else {
          return MatchedComparison(matching: matching, figures: .notRun(.needsTokens))
        }
        strata = .lengths(prompts, folds: folds)
      case .group:
        strata = .groups(clusters, folds: folds)
      case .source:
        guard let sources, sources.names.count > 1 else {
          return MatchedComparison(matching: matching, figures: .notRun(.needsSources))
        }
        strata = .sources(sources.indices, folds: folds)
      }
      return MatchedComparison(
        matching: matching,
        figures: MatchedFigures(
          nested.scores, baseline: baselines.bestScores, within: strata, judge: judge
        ).map { .done($0) } ?? .notRun(.needsBothClasses))
    }
  }
}

extension MatchedFigures {
  /// Compares two predictors within strata; nil where no stratum has both classes.
  fileprivate init?(
    _ scores: [Double], baseline: [Double], within strata: Strata, judge: ProbeJudge
  ) {
    let areas = judge.areas(scores, within: strata.indices)
    let base = judge.areas(baseline, within: strata.indices)
    guard let auroc = areas.estimate, let baselineAuroc = base.estimate,
      let gain = areas.gain(over: base)
    else { return nil }
    pairs = strata.pairCount(labels: judge.plan.labels)
    self.auroc = auroc
    self.baseline = baselineAuroc
    self.gain = gain
  }
}
