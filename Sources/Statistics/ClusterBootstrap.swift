import Inference

/// Bootstrap draws of whole clusters: how often each cluster is in each draw.
///
/// The same draws serve every figure, so differences are paired. What was fitted before is not refitted; the
/// interval covers which prompts were judged, not which were learned from.
package struct ClusterBootstrap: Sendable {
  /// Number of draws.
  package let draws: Int
  /// What is drawn.
  package let clusters: Clusters
  /// How often each cluster is in each draw, `[draw, cluster]`.
  package let times: [UInt16]

  /// Draws as many clusters as there are, with replacement, again and again; another stream draws independently.
  package init(
    clusters: Clusters, draws: Int, seed: UInt64, stream: RandomStream = .bootstrap
  ) {
    precondition(clusters.count > 0 && draws > 0, "\(draws) draws of \(clusters.count) clusters")
    var generator = SeededGenerator(seed: seed, stream: stream)
    var times = [UInt16](repeating: 0, count: draws * clusters.count)
    for draw in 0..<draws {
      for _ in 0..<clusters.count {
        times[draw * clusters.count + generator.below(clusters.count)] += 1
      }
    }
    self.draws = draws
    self.clusters = clusters
    self.times = times
  }

  /// The sum of one value over the sum of another in every draw; nil where the latter is zero.
  ///
  /// With ones below, a mean over rows; with indicators, a rate.
  package func ratios(_ numerators: [Double], over denominators: [Double]) -> [Double?] {
    var sums = [Double](repeating: 0, count: clusters.count)
    var totals = sums
    for row in numerators.indices {
      sums[clusters.indices[row]] += numerators[row]
      totals[clusters.indices[row]] += denominators[row]
    }
    return (0..<draws).map { draw in
      var sum = 0.0
      var total = 0.0
      for cluster in 0..<clusters.count {
        let count = Double(times[draw * clusters.count + cluster])
        sum += count * sums[cluster]
        total += count * totals[cluster]
      }
      return total == 0 ? nil : sum / total
    }
  }

  /// The estimate of such a ratio; nil where the denominators add up to zero.
  package func ratio(_ numerators: [Double], over denominators: [Double]) -> Estimate? {
    let total = denominators.reduce(0, +)
    return Self.estimate(
      total == 0 ? nil : numerators.reduce(0, +) / total, ratios(numerators, over: denominators))
  }

  /// The percentile interval around a figure; nil when the figure was defined in no draw.
  package static func estimate(_ value: Double?, _ replicates: [Double?]) -> Estimate? {
    let sorted = replicates.compactMap { $0 }.sorted()
    guard let value, !sorted.isEmpty else { return nil }
    return Estimate(
      value: value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975),
      draws: sorted.count)
  }

  /// Linear interpolation between the two nearest order statistics.
  private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
