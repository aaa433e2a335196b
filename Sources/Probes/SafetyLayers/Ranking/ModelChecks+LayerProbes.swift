import Inference
import Kernels

extension ModelChecks {
  /// How well linear probes tell the classes apart behind every layer.
  ///
  /// One pass over the prompts drawn; then a logistic probe for every layer, its penalty chosen inside folds of
  /// whole groups, as `plumb probe` has it.
  ///
  /// - Parameters:
  ///   - promptsPerClass: the most prompts of either class.
  ///   - options: penalties, draws, and whether near-duplicates stay.
  ///   - progress: told how many of how many layers are done, on any thread.
  /// - Returns: areas and gains by layer.
  /// - Throws: `ProbeError` where folds cannot be made or a fit does not converge, `ModelFileError` where
  ///   weights cannot be read.
  public func layerProbes(
    promptsPerClass: Int = 200, _ options: ProbeOptions = ProbeOptions(),
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws -> LayerProbes {
    let drawn = [1, 0].flatMap {
      sample(ofClass: $0, count: promptsPerClass, stream: .rankPrompts)
    }
    let labels = drawn.map { prompts[$0].label }
    let found = KeptPrompts(
      drawn.map { prompts[$0] }, labels: labels, keepsNearDuplicates: options.keepsNearDuplicates)
    let kept = found.rows.map { drawn[$0] }
    let keptLabels = kept.map { prompts[$0].label }
    let folds = try found.folds { clusters throws(ProbeError) in
      try Folds(clusters: clusters, labels: keptLabels, seed: options.seed)
    }
    let judge = ProbeJudge(
      plan: CrossFitPlan(labels: keptLabels, folds: folds, penalties: options.penalties),
      bootstrap: ClusterBootstrap(
        clusters: found.clusters, draws: options.draws, seed: options.seed))
    let baselines = try judge.baselines(
      kept.map { prompts[$0] }, embeddings: embeddingMeans()?.keeping(kept, of: prompts.count),
      threads: threads)

    let sites = (0..<decoder.description.layerCount).map { HookSite(.residPost, layer: $0) }
    let streams = try lastRows(of: kept, at: sites)
    let cells = sites.indices.map { layer in
      ProbeCell(
        site: SiteKind.residPost.rawValue, layer: layer, position: "last",
        width: streams[layer].width)
    }
    let dataset = ProbeDataset(prompts: kept.map { prompts[$0] }, cells: cells) { cell in
      let rows = streams[cell.layer ?? 0]
      let values = rows[rows: 0..<rows.count]
      return values.indices.map { values[$0] }
    }
    useSingleThreadedBLAS()
    let layers = try dataset.mapCells(threads: threads, progress: progress) {
      [areas = baselines.areas] cell, features in
      let fit = try judge.plan.logistic(features, isScaled: true, name: cell.name)
      let figures = judge.figures(scores: fit.outOfFold, against: areas).figures
      return LayerProbes.Layer(
        layer: cell.layer ?? 0, auroc: figures.auroc, gain: figures.gain)
    }
    return LayerProbes(
      promptsPerClass: promptsPerClass,
      sample: ProbeSample(
        labels: keptLabels, clusters: found.clusters, folds: folds, sources: nil,
        duplicates: found.duplicates),
      baseline: baselines.best,
      baselineAuroc: baselines.areas.estimate, layers: layers)
  }
}
