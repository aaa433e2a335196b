import Kernels
import Synchronization

/// An analysis and the probes that were fitted on all rows.
public struct ProbeRun: Sendable {
  /// What was found.
  public let analysis: ProbeAnalysis
  /// The fitted probes, in the order of the dataset's cells.
  public let probes: [FittedProbe]
  /// The linear algebra behind it, which decides the last digits.
  public let backend: String

  package init(analysis: ProbeAnalysis, probes: [FittedProbe], backend: String) {
    self.analysis = analysis
    self.probes = probes
    self.backend = backend
  }
}

/// A probe fitted on all rows of a dataset, with how well its like did on rows held out.
public struct FittedProbe: Sendable, Equatable {
  /// The place it reads.
  public let cell: ProbeCell
  /// How it was fitted.
  public let kind: ProbeKind
  /// The classifier, on raw vectors.
  public let probe: LinearProbe
  /// Area under the ROC curve of probes of its kind, each on the fold it was fitted without.
  public let outOfFoldAuroc: Double?
  /// The penalty it was fitted with; nil for kinds without one.
  public let penalty: Double?

  package init(
    cell: ProbeCell, kind: ProbeKind, probe: LinearProbe, outOfFoldAuroc: Double?,
    penalty: Double?
  ) {
    self.cell = cell
    self.kind = kind
    self.probe = probe
    self.outOfFoldAuroc = outOfFoldAuroc
    self.penalty = penalty
  }
}

/// Fits and judges probes at every cell of a dataset.
///
/// As many cells are worked on at once as there are threads; the result does not depend on it.
/// `progress` is told how many of how many cells are done, on any thread.
public func runProbes(
  _ dataset: ProbeDataset, options: ProbeOptions, threads: Int,
  progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
) throws -> ProbeRun {
  useSingleThreadedBLAS()
  let labels = dataset.prompts.map(\.label)
  let clusters = Clusters(dataset.prompts)
  let folds = try Folds(clusters: clusters, labels: labels, seed: options.seed)
  let plan = CrossFitPlan(labels: labels, folds: folds, penalties: options.penalties)
  let judge = ProbeJudge(
    plan: plan,
    bootstrap: ClusterBootstrap(clusters: clusters, draws: options.draws, seed: options.seed))
  let baselines = try judge.baselines(dataset.prompts, threads: threads)

  let reading = Mutex(())
  let done = Mutex(0)
  let judged = try parallelMap(count: dataset.cells.count, threads: threads) {
    index -> JudgedCell in
    let cell = dataset.cells[index]
    let values = try reading.withLock { _ in try dataset.features(cell) }
    let features = try matrix(values, cell: cell, rows: labels.count)
    let logistic = try plan.logistic(features, isScaled: true, name: cell.name)
    let result = JudgedCell(
      cell: cell, logistic: logistic, massMean: plan.massMean(features), judge: judge,
      reference: baselines.areas)
    progress?(
      done.withLock { count in
        count += 1
        return count
      }, dataset.cells.count)
    return result
  }

  let obstacles = obstacles(labels: labels, groups: clusters.count)
  let headline = obstacles.isEmpty ? headline(judged, judge: judge, baselines.areas) : nil
  let analysis = ProbeAnalysis(
    options: options, sample: ProbeSample(labels: labels, clusters: clusters, folds: folds),
    baselines: baselines.results, bestBaseline: baselines.best,
    cells: judged.map(\.result).sorted(by: ranksBefore), headline: headline,
    obstacles: obstacles)
  return ProbeRun(analysis: analysis, probes: judged.flatMap(\.probes), backend: blasDescription())
}

/// One cell, fitted and judged.
private struct JudgedCell: Sendable {
  let result: CellResult
  let candidates: [Candidate]
  let probes: [FittedProbe]

  init(
    cell: ProbeCell, logistic: CrossFit, massMean: CrossFit, judge: ProbeJudge,
    reference: ProbeJudge.Areas
  ) {
    let fits = [(ProbeKind.logistic, logistic), (.massMean, massMean)]
    let figures = fits.map { _, fit in
      judge.figures(scores: fit.outOfFold, penalties: fit.penalties, against: reference).figures
    }
    result = CellResult(
      cell: cell, logistic: figures[0], massMean: figures[1], finalPenalty: logistic.finalPenalty)
    candidates = fits.map { Candidate(cell: cell.name, kind: $0, fit: $1) }
    probes = zip(fits, figures).map { fit, figures in
      FittedProbe(
        cell: cell, kind: fit.0, probe: fit.1.final, outOfFoldAuroc: figures.auroc?.value,
        penalty: fit.1.finalPenalty)
    }
  }
}

private func headline(
  _ judged: [JudgedCell], judge: ProbeJudge, _ reference: ProbeJudge.Areas
) -> Headline? {
  let candidates = judged.flatMap(\.candidates)
  guard let nested = NestedChoice(candidates, folds: judge.plan.folds) else { return nil }
  let figures = judge.figures(scores: nested.scores, penalties: [], against: reference).figures
  return Headline(figures: figures, choices: nested.choices)
}

private func obstacles(labels: [Int], groups: Int) -> [HeadlineObstacle] {
  let positives = labels.reduce(0, +)
  return [
    HeadlineObstacle(count: .groups, found: groups, needed: HeadlineObstacle.leastGroups),
    HeadlineObstacle(count: .positives, found: positives, needed: HeadlineObstacle.leastRows),
    HeadlineObstacle(
      count: .negatives, found: labels.count - positives, needed: HeadlineObstacle.leastRows),
  ].filter { $0.found < $0.needed }
}

/// The larger gain first, equal ones by name.
private func ranksBefore(_ one: CellResult, _ other: CellResult) -> Bool {
  let gains = [one, other].map { $0.logistic.gain?.value ?? -.infinity }
  return gains[0] == gains[1] ? one.cell.name < other.cell.name : gains[0] > gains[1]
}

private func matrix(
  _ values: [Float], cell: ProbeCell, rows: Int
) throws(ProbeError) -> DoubleMatrix {
  precondition(
    values.count == rows * cell.width,
    "\(cell.name): \(values.count) values for \(rows) rows of \(cell.width)")
  var result = DoubleMatrix(rows: rows, columns: cell.width)
  for index in 0..<rows {
    var row = result.mutableRow(index)
    for column in 0..<cell.width {
      let value = values[index * cell.width + column]
      guard value.isFinite else {
        throw .notFinite(cell: cell.name, row: index, column: column)
      }
      row[column] = Double(value)
    }
  }
  return result
}

extension ProbeSample {
  fileprivate init(labels: [Int], clusters: Clusters, folds: Folds) {
    self.init(
      rows: labels.count, positives: labels.reduce(0, +), groups: clusters.count,
      folds: (0..<folds.count).map { fold in
        let rows = folds.rows(in: fold)
        return FoldCount(
          rows: rows.count, positives: rows.count { labels[$0] == 1 },
          groups: Set(rows.map { clusters.indices[$0] }).count)
      })
  }
}
