/// The prompts of a dataset that an analysis uses, and what they are split by.
struct KeptPrompts {
  /// Their rows in the dataset, in order.
  let rows: [Int]
  /// The clusters of these rows.
  let clusters: Clusters
  /// Near-duplicates that were found, and those of them that were left out.
  let duplicates: DuplicateCount

  /// Leaves out near-duplicates of one label and joins the clusters of those of different labels, or
  /// does neither.
  init<Label: Equatable>(_ prompts: [ProbePrompt], labels: [Label], keepsNearDuplicates: Bool) {
    let grouped = Clusters(prompts)
    let found = NearDuplicates(prompts, labels: labels, clusters: grouped)
    let dropped = Set(keepsNearDuplicates ? [] : found.dropped)
    let kept = prompts.indices.filter { !dropped.contains($0) }
    // Groups that only a dropped prompt held together stay together.
    let clusters = keepsNearDuplicates ? grouped : found.clusters
    rows = kept
    self.clusters = Clusters(indices: kept.map { clusters.indices[$0] })
    duplicates = DuplicateCount(pairs: found.pairs.count, dropped: dropped.count)
  }

  /// Deals folds; where that fails after near-duplicates were dropped, says so.
  func folds(
    _ deal: (Clusters) throws(ProbeError) -> Folds
  ) throws(ProbeError) -> Folds {
    do { return try deal(clusters) } catch {
      throw duplicates.dropped == 0
        ? error : .leftByDuplicates(dropped: duplicates.dropped, left: rows.count)
    }
  }
}
