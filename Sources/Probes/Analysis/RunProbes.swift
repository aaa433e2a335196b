import Kernels

/// Fits and judges probes at every cell of a dataset, and tries to refute what it finds.
///
/// - Parameters:
///   - dataset: labelled prompts and their vectors.
///   - options: seed, penalties and draws.
///   - companions: what further rows of the report need.
///   - threads: how many cells are worked on at once; the result does not depend on it.
///   - progress: told how many of how many cells are done, on any thread.
/// - Returns: the analysis, and the probes fitted on all rows.
/// - Throws: `ProbeError` where folds cannot be made, a value is not finite or a fit does not converge.
public func runProbes(
  _ dataset: ProbeDataset, options: ProbeOptions, companions: ProbeCompanions = ProbeCompanions(),
  threads: Int, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
) throws -> ProbeRun {
  useSingleThreadedBLAS()
  let kept = KeptPrompts(
    dataset.prompts, labels: dataset.prompts.map(\.label),
    keepsNearDuplicates: options.keepsNearDuplicates)
  for set in companions.transfer {
    for cell in dataset.cells where !set.dataset.cells.contains(cell) {
      throw ProbeError.placeNotCaptured(path: set.name, cell: cell.name)
    }
  }
  let rowCount = dataset.prompts.count
  let dataset = dataset.keeping(kept.rows)

  let labels = dataset.prompts.map(\.label)
  let clusters = kept.clusters
  let sources = Sources(dataset.prompts)
  let folds = try kept.folds { clusters throws(ProbeError) in
    try Folds(clusters: clusters, labels: labels, seed: options.seed)
  }
  let judge = ProbeJudge(
    plan: CrossFitPlan(labels: labels, folds: folds, penalties: options.penalties),
    bootstrap: ClusterBootstrap(clusters: clusters, draws: options.draws, seed: options.seed))
  let baselines = try judge.baselines(
    dataset.prompts,
    embeddings: companions.model?.checks.embeddingMeans()?
      .keeping(kept.rows, of: rowCount),
    threads: threads)
  let permuted = PermutedLabels(
    labels: labels, clusters: clusters, sources: sources, draws: options.permutations,
    seed: options.seed)

  let judged = try dataset.mapCells(threads: threads, progress: progress) {
    [areas = baselines.areas] cell, features in
    try JudgedCell(cell, features, judge: judge, reference: areas, permuted: permuted)
  }

  let sample = ProbeSample(
    labels: labels, clusters: clusters, folds: folds, sources: sources,
    duplicates: kept.duplicates)
  let candidates = judged.flatMap(\.candidates)
  let nested = NestedChoice(candidates, folds: folds)
  guard let reference = ReferenceProbe(nested, among: candidates) else {
    preconditionFailure("no candidate among \(dataset.cells.count) cells")
  }
  let obstacles = HeadlineObstacle.all(sample)
  let headline =
    obstacles.isEmpty
    ? try nested.flatMap {
      try Headline($0, judge: judge, reference: baselines.areas, features: dataset.features)
    } : nil
  let vectors = try dataset.features(reference.cell)
  let matrix = SharedMatrix(
    try DoubleMatrix(vectors, rows: labels.count, name: reference.cell.name))
  let heldOut = try reference.heldOutProbes(matrix.values, judge.plan)
  let controls = try ProbeControls(
    ControlContext(
      prompts: dataset.prompts, clusters: clusters, sources: sources, judge: judge,
      baselines: baselines, nested: nested, reference: reference,
      vectors: vectors, matrix: matrix, heldOut: heldOut, kept: kept.rows,
      companions: companions, seed: options.seed, threads: threads,
      features: dataset.features),
    permutation: permuted.null(judged), cells: dataset.cells)
  let analysis = ProbeAnalysis(
    options: options, sample: sample, baselines: baselines.results,
    bestBaseline: baselines.best, cells: judged.map(\.result).sorted(by: ranksBefore),
    headline: headline, obstacles: obstacles, controls: controls,
    verdict: ProbeVerdict(
      headline: headline, obstacles: obstacles, baselines: baselines.results,
      controls: controls, sample: sample))
  var foldProbes: [Int: LinearProbe] = [:]
  for (place, row) in kept.rows.enumerated() { foldProbes[row] = heldOut[folds.indices[place]] }
  return ProbeRun(
    analysis: analysis, probes: judged.flatMap(\.probes), heldOutProbes: foldProbes,
    backend: blasDescription())
}

extension Headline {
  /// Judges a nested choice; nil where an interval cannot be drawn.
  fileprivate init?(
    _ nested: NestedChoice, judge: ProbeJudge, reference: DrawnFigure,
    features: (ProbeCell) throws -> [Float]
  ) throws {
    guard let quality = try HeadlineQuality(nested, judge: judge, features: features) else {
      return nil
    }
    figures = judge.figures(scores: nested.scores, against: reference).figures
    self.quality = quality
    choices = nested.choices
  }
}

/// The larger gain first, equal ones by name.
private func ranksBefore(_ one: CellResult, _ other: CellResult) -> Bool {
  let gains = [one, other].map { $0.logistic.gain?.value ?? -.infinity }
  return gains[0] == gains[1] ? one.cell.name < other.cell.name : gains[0] > gains[1]
}
