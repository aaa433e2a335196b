import Kernels
import Synchronization

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
  let grouped = Clusters(dataset.prompts)
  let duplicates = NearDuplicates(dataset.prompts, clusters: grouped)
  let dropped = Set(options.keepsNearDuplicates ? [] : duplicates.dropped)
  let kept = dataset.prompts.indices.filter { !dropped.contains($0) }
  for set in companions.transfer {
    for cell in dataset.cells where !set.dataset.cells.contains(cell) {
      throw ProbeError.placeNotCaptured(path: set.name, cell: cell.name)
    }
  }
  let dataset = dataset.keeping(kept)

  let labels = dataset.prompts.map(\.label)
  // Groups that only a dropped prompt held together stay together.
  let clusters = Clusters(
    indices: kept.map {
      (options.keepsNearDuplicates ? grouped : duplicates.clusters).indices[$0]
    })
  let sources = Sources(dataset.prompts)
  let folds = try Folds(
    clusters: clusters, labels: labels, seed: options.seed, dropped: dropped.count)
  let judge = ProbeJudge(
    plan: CrossFitPlan(labels: labels, folds: folds, penalties: options.penalties),
    bootstrap: ClusterBootstrap(clusters: clusters, draws: options.draws, seed: options.seed))
  let baselines = try judge.baselines(
    dataset.prompts,
    embeddings: companions.model?.checks.embeddingMeans()?
      .keeping(kept, of: kept.count + dropped.count),
    threads: threads)
  let permuted = PermutedLabels(
    labels: labels, clusters: clusters, sources: sources, draws: options.permutations,
    seed: options.seed)

  let reading = Mutex(())
  let done = Mutex(0)
  let judged = try parallelMap(count: dataset.cells.count, threads: threads) {
    index -> JudgedCell in
    let cell = dataset.cells[index]
    let values = try reading.withLock { _ in try dataset.features(cell) }
    let result = try JudgedCell(
      cell, DoubleMatrix(values, rows: labels.count, name: cell.name), judge: judge,
      reference: baselines.areas, permuted: permuted)
    progress?(
      done.withLock { count in
        count += 1
        return count
      }, dataset.cells.count)
    return result
  }

  let sample = ProbeSample(
    labels: labels, clusters: clusters, folds: folds, sources: sources,
    duplicates: DuplicateCount(pairs: duplicates.pairs.count, dropped: dropped.count))
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
  let heldOut = try reference.heldOutProbes(
    DoubleMatrix(
      dataset.features(reference.cell), rows: labels.count, name: reference.cell.name), judge.plan)
  let controls = try ProbeControls(
    ControlContext(
      prompts: dataset.prompts, clusters: clusters, sources: sources, judge: judge,
      baselines: baselines, nested: nested, reference: reference,
      heldOut: heldOut, kept: kept,
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
  for (place, row) in kept.enumerated() { foldProbes[row] = heldOut[folds.indices[place]] }
  return ProbeRun(
    analysis: analysis, probes: judged.flatMap(\.probes), heldOutProbes: foldProbes,
    backend: blasDescription())
}

extension Folds {
  /// Deals folds; where that fails after near-duplicates were dropped, says so.
  fileprivate init(
    clusters: Clusters, labels: [Int], seed: UInt64, dropped: Int
  ) throws(ProbeError) {
    do { try self.init(clusters: clusters, labels: labels, seed: seed) } catch {
      throw dropped == 0 ? error : .leftByDuplicates(dropped: dropped, left: labels.count)
    }
  }
}

extension Headline {
  /// Judges a nested choice; nil where an interval cannot be drawn.
  fileprivate init?(
    _ nested: NestedChoice, judge: ProbeJudge, reference: ProbeJudge.Areas,
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
