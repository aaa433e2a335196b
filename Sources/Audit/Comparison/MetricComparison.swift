public import Statistics

/// The auditor's own metric, before and after.
public struct MetricComparison: Codable, Sendable, Equatable {
  /// How many items.
  public let items: Int
  /// How many groups they are in.
  public let groups: Int
  /// The mean before, in the metric's own unit.
  public let before: Estimate
  /// The mean after.
  public let after: Estimate
  /// The mean of the paired differences, after less before.
  public let difference: Estimate

  init?(_ metric: MetricFile, draws: Int, seed: UInt64) {
    let ones = metric.before.map { _ in 1.0 }
    let bootstrap = ClusterBootstrap(clusters: metric.clusters, draws: draws, seed: seed)
    guard let before = bootstrap.ratio(metric.before, over: ones),
      let after = bootstrap.ratio(metric.after, over: ones),
      let difference = bootstrap.ratio(zip(metric.after, metric.before).map { $0 - $1 }, over: ones)
    else { return nil }
    items = ones.count
    groups = metric.clusters.count
    self.before = before
    self.after = after
    self.difference = difference
  }
}
