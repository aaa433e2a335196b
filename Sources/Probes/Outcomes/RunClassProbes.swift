import Kernels
public import ModelFiles

/// Fits and judges one-vs-rest logistic probes of several classes at every cell of a dataset.
///
/// `classes` is the class of each prompt, by its place among the names; the prompts' own labels are not
/// looked at. Near-duplicates are left out as runProbes leaves them out. As many cells are worked on at once as there are threads; the result does not depend on
/// it.
public func runClassProbes(
  _ dataset: ProbeDataset, classes: [Int], names: [ByteString],
  options: ProbeOptions = ProbeOptions(), threads: Int,
  progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
) throws -> ClassRun {
  precondition(
    classes.count == dataset.prompts.count && classes.allSatisfy { names.indices.contains($0) },
    "\(classes.count) classes among \(names.count) names, \(dataset.prompts.count) prompts")
  useSingleThreadedBLAS()
  let kept = KeptPrompts(
    dataset.prompts, labels: classes, keepsNearDuplicates: options.keepsNearDuplicates)
  let dataset = dataset.keeping(kept.rows)
  let classes = kept.rows.map { classes[$0] }
  let clusters = kept.clusters
  let folds = try kept.folds { clusters throws(ProbeError) in
    try Folds(clusters: clusters, classes: classes, classCount: names.count, seed: options.seed)
  }
  let judge = ClassJudge(
    classes: classes, classCount: names.count, folds: folds,
    bootstrap: ClusterBootstrap(clusters: clusters, draws: options.draws, seed: options.seed))
  try requireEveryClass(judge, clusters, names: names)
  let plans = names.indices.map {
    CrossFitPlan(labels: judge.membership($0), folds: folds, penalties: options.penalties)
  }
  let baselines = try classBaselines(dataset.prompts, judge, plans, threads: threads)
  var best = (baseline: OutcomeBaseline.constant, macro: judge.constantFigures().macro)
  for (result, macro) in baselines {
    guard let macro, macro.value ?? 0 > best.macro.value ?? 0 else { continue }
    best = (result.baseline, macro)
  }
  let reference = best.macro

  let judged = try dataset.mapCells(threads: threads, progress: progress) { cell, features in
    let fits = try plans.map { try $0.logistic(features, isScaled: true, name: cell.name) }
    return JudgedClasses(cell, fits, judge, reference)
  }
  let rows = judge.counts(Array(classes.indices))
  let obstacles = OutcomeObstacle.among([
    (.groups, found: clusters.count, needed: HeadlineObstacle.leastGroups),
    (.smallestClass, found: rows.min() ?? 0, needed: HeadlineObstacle.leastRows),
  ])
  let analysis = ClassAnalysis(
    options: options,
    sample: ClassSample(
      names: names.map(\.string), rows: rows, groups: clusters.count,
      duplicates: kept.duplicates,
      folds: (0..<folds.count).map { judge.counts(folds.rows(in: $0)) }),
    baselines: baselines.map(\.result), bestBaseline: best.baseline,
    cells: judged.map(\.result).sorted { one, other in
      let gains = [one, other].map { $0.figures.gain?.value ?? -.infinity }
      return gains[0] == gains[1] ? one.cell.name < other.cell.name : gains[0] > gains[1]
    },
    headline: obstacles.isEmpty ? classHeadline(judged, judge, reference) : nil,
    obstacles: obstacles)
  return ClassRun(
    analysis: analysis, probes: judged.map { $0.fits.map(\.final) }, backend: blasDescription())
}

/// One cell, fitted and judged.
private struct JudgedClasses: Sendable {
  let result: ClassCell
  let fits: [CrossFit]

  init(_ cell: ProbeCell, _ fits: [CrossFit], _ judge: ClassJudge, _ reference: DrawnFigure) {
    self.fits = fits
    result = ClassCell(
      cell: cell,
      figures: judge.figures(
        scores: fits.map(\.outOfFold), penalties: fits.map(\.penalties), against: reference
      ).figures,
      finalPenalties: fits.map(\.finalPenalty))
  }

  /// For every outer fold, the mean over classes of the area over its inner folds.
  var inner: [Double?] {
    (fits.first?.inner ?? []).indices.map { fold in
      let known = fits.compactMap { $0.inner[fold] }
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
  }
}

private func requireEveryClass(
  _ judge: ClassJudge, _ clusters: Clusters, names: [ByteString]
) throws(OutcomeError) {
  for (place, name) in names.enumerated() {
    let rows = judge.classes.indices.filter { judge.classes[$0] == place }
    let found = judge.folds.spread(rows, clusters)
    if found.folds < Folds.leastCount {
      throw .classInTooFewFolds(
        name: name.string, folds: found.folds, groups: found.groups, needed: Folds.leastCount)
    }
  }
}

private func classBaselines(
  _ prompts: [ProbePrompt], _ judge: ClassJudge, _ plans: [CrossFitPlan], threads: Int
) throws -> [(result: ClassBaseline, macro: DrawnFigure?)] {
  let hasTokens = prompts.contains { !$0.userTokens.isEmpty }
  return try parallelMap(count: OutcomeBaseline.allCases.count, threads: threads) { index in
    let baseline = OutcomeBaseline.allCases[index]
    let fits: [CrossFit]
    switch baseline {
    case .constant:
      let (figures, macro) = judge.constantFigures()
      return (ClassBaseline(baseline: baseline, figures: figures), macro)
    case .length where hasTokens:
      let features = Baseline.lengths(prompts)
      fits = try plans.map { try $0.logistic(features, isScaled: true, name: baseline.rawValue) }
    case .bagOfTokens where hasTokens:
      let features = Baseline.bags(prompts)
      fits = try plans.map { try $0.logistic(features, isScaled: false, name: baseline.rawValue) }
    case .length, .bagOfTokens:
      return (ClassBaseline(baseline: baseline, figures: nil), nil)
    }
    let (figures, macro) = judge.figures(
      scores: fits.map(\.outOfFold), penalties: fits.map(\.penalties), against: nil)
    return (ClassBaseline(baseline: baseline, figures: figures), macro)
  }
}

private func classHeadline(
  _ judged: [JudgedClasses], _ judge: ClassJudge, _ reference: DrawnFigure
) -> ClassHeadline? {
  guard let choices = nestedChoice(judged.map(\.inner), folds: judge.folds.count) else {
    return nil
  }
  let scores = (0..<judge.classCount).map { place in
    judge.folds.indices.enumerated().map { row, fold in
      judged[choices[fold].candidate].fits[place].outOfFold[row]
    }
  }
  return ClassHeadline(
    figures: judge.figures(scores: scores, penalties: [], against: reference).figures,
    choices: choices.map {
      OutcomeChoice(cell: judged[$0.candidate].result.cell.name, inner: $0.inner)
    })
}
