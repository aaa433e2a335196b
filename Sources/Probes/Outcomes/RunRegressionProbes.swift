import Kernels

/// Fits and judges ridge regressions of a number at every cell of a dataset.
///
/// `values` is the number of each prompt; the prompts' own labels are not looked at. As many cells are
/// worked on at once as there are threads; the result does not depend on it.
public func runRegressionProbes(
  _ dataset: ProbeDataset, values: [Double], options: RegressionOptions = RegressionOptions(),
  threads: Int, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
) throws -> RegressionRun {
  precondition(
    values.count == dataset.prompts.count && values.allSatisfy(\.isFinite),
    "\(values.count) numbers, \(dataset.prompts.count) prompts")
  useSingleThreadedBLAS()
  let kept = KeptPrompts(
    dataset.prompts, labels: values, keepsNearDuplicates: options.keepsNearDuplicates)
  let dataset = dataset.keeping(kept.rows)
  let values = kept.rows.map { values[$0] }
  let clusters = kept.clusters
  let mean = values.reduce(0, +) / Double(max(values.count, 1))
  let spread = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
  guard values.contains(where: { $0 != values[0] }) else {
    throw OutcomeError.constantNumbers(value: values.first ?? .nan, rows: values.count)
  }
  let folds = try kept.folds { clusters throws(ProbeError) in
    try Folds(clusters: clusters, classes: fifths(values), classCount: 5, seed: options.seed)
  }
  let judge = RegressionJudge(
    values: values, folds: folds,
    bootstrap: ClusterBootstrap(clusters: clusters, draws: options.draws, seed: options.seed))
  let baselines = try regressionBaselines(
    dataset.prompts, judge, shares: options.shares, threads: threads)
  var best = (baseline: OutcomeBaseline.constant, rSquared: judge.constantFigures().rSquared)
  for (result, rSquared) in baselines {
    guard let rSquared, rSquared.value ?? -.infinity > best.rSquared.value ?? -.infinity else {
      continue
    }
    best = (result.baseline, rSquared)
  }
  let reference = best.rSquared

  let judged = try dataset.mapCells(threads: threads, progress: progress) {
    cell, features -> (result: RegressionCell, fit: NestedRidge) in
    let fit = NestedRidge(
      features, values: values, folds: folds, shares: options.shares, isScaled: true)
    let figures = judge.figures(
      predictions: fit.outOfFold, penalties: fit.penalties, against: reference
    ).figures
    return (RegressionCell(cell: cell, figures: figures, finalPenalty: fit.finalPenalty), fit)
  }
  let obstacles = OutcomeObstacle.among([
    (.groups, found: clusters.count, needed: HeadlineObstacle.leastGroups),
    // As many as a headline about two classes needs.
    (.rows, found: values.count, needed: 2 * HeadlineObstacle.leastRows),
  ])
  let analysis = RegressionAnalysis(
    options: options,
    sample: RegressionSample(
      rows: values.count, groups: clusters.count, duplicates: kept.duplicates, mean: mean,
      standardDeviation: (spread / Double(values.count)).squareRoot(),
      folds: (0..<folds.count).map { folds.rows(in: $0).count }),
    baselines: baselines.map(\.result), bestBaseline: best.baseline,
    cells: judged.map(\.result).sorted { one, other in
      let gains = [one, other].map { $0.figures.gain?.value ?? -.infinity }
      return gains[0] == gains[1] ? one.cell.name < other.cell.name : gains[0] > gains[1]
    },
    headline: obstacles.isEmpty
      ? regressionHeadline(judged.map { ($0.result.cell, $0.fit) }, judge, reference) : nil,
    obstacles: obstacles)
  return RegressionRun(
    analysis: analysis, probes: judged.map { $0.fit.final }, backend: blasDescription())
}

/// Which fifth of the numbers each is in, so that every fold has small and large ones.
private func fifths(_ values: [Double]) -> [Int] {
  var result = [Int](repeating: 0, count: values.count)
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  for (rank, row) in order.enumerated() { result[row] = 5 * rank / values.count }
  return result
}

private func regressionBaselines(
  _ prompts: [ProbePrompt], _ judge: RegressionJudge, shares: [Double], threads: Int
) throws -> [(result: RegressionBaseline, rSquared: DrawnFigure?)] {
  let hasTokens = prompts.contains { !$0.userTokens.isEmpty }
  return try parallelMap(count: OutcomeBaseline.allCases.count, threads: threads) { index in
    let baseline = OutcomeBaseline.allCases[index]
    let fit: NestedRidge
    switch baseline {
    case .constant:
      let (figures, rSquared) = judge.constantFigures()
      return (RegressionBaseline(baseline: baseline, figures: figures), rSquared)
    case .length where hasTokens:
      fit = NestedRidge(
        Baseline.lengths(prompts), values: judge.values, folds: judge.folds, shares: shares,
        isScaled: true)
    case .bagOfTokens where hasTokens:
      fit = NestedRidge(
        Baseline.bags(prompts), values: judge.values, folds: judge.folds, shares: shares,
        isScaled: false)
    case .length, .bagOfTokens:
      return (RegressionBaseline(baseline: baseline, figures: nil), nil)
    }
    let (figures, rSquared) = judge.figures(
      predictions: fit.outOfFold, penalties: fit.penalties, against: nil)
    return (RegressionBaseline(baseline: baseline, figures: figures), rSquared)
  }
}

private func regressionHeadline(
  _ judged: [(cell: ProbeCell, fit: NestedRidge)], _ judge: RegressionJudge,
  _ reference: DrawnFigure
) -> RegressionHeadline? {
  let inner = judged.map(\.fit.inner)
  guard let choices = nestedChoice(inner, folds: judge.folds.count) else { return nil }
  let predictions = judge.folds.indices.enumerated().map { row, fold in
    judged[choices[fold].candidate].fit.outOfFold[row]
  }
  let penalties = choices.enumerated().map { fold, choice in
    judged[choice.candidate].fit.penalties[fold]
  }
  return RegressionHeadline(
    figures: judge.figures(
      predictions: predictions, penalties: penalties, against: reference
    ).figures,
    choices: choices.map { OutcomeChoice(cell: judged[$0.candidate].cell.name, inner: $0.inner) })
}
