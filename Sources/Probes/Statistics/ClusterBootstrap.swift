import Inference

/// A figure with its 95 % interval.
public struct Estimate: Codable, Sendable, Equatable {
  /// The figure on the data as they are.
  public let value: Double
  /// The 2.5th percentile over bootstrap draws.
  public let low: Double
  /// The 97.5th percentile over bootstrap draws.
  public let high: Double
  /// Draws in which the figure was defined.
  public let draws: Int

  /// Takes a figure and its interval that were computed elsewhere.
  package init(value: Double, low: Double, high: Double, draws: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.draws = draws
  }

  /// The same with the sign turned.
  public var negated: Estimate { Estimate(value: -value, low: -high, high: -low, draws: draws) }
}

/// Bootstrap draws of whole clusters: how often each cluster is in each draw.
///
/// The same draws serve every figure, so differences are paired. The probes are not refitted; the
/// interval covers which prompts were held out, not which were trained on.
package struct ClusterBootstrap: Sendable {
  /// Number of draws.
  package let draws: Int
  private let clusters: Clusters
  /// `[draw, cluster]`.
  private let times: [UInt16]

  /// Draws as many clusters as there are, with replacement, again and again.
  package init(clusters: Clusters, draws: Int, seed: UInt64) {
    precondition(clusters.count > 0 && draws > 0, "\(draws) draws of \(clusters.count) clusters")
    var generator = SeededGenerator(seed: seed, stream: .bootstrap)
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

  /// A figure on the data as they are and in every draw; it is told how often each row counts.
  // Inlined so that the innermost call, one for each row and draw, is a direct one.
  @inline(__always)
  package func drawn(_ figure: (_ times: (Int) -> Int) -> Double?) -> DrawnFigure {
    DrawnFigure(
      value: figure { _ in 1 },
      replicates: (0..<draws).map { draw in
        let start = draw * clusters.count
        return figure { Int(times[start + clusters.indices[$0]]) }
      })
  }

  /// A figure that is the same in every draw.
  func constant(_ value: Double) -> DrawnFigure {
    DrawnFigure(value: value, replicates: [Double?](repeating: value, count: draws))
  }

  /// The area under the ROC curve; nil in a draw that has no pair to compare.
  package func areas(_ ranked: RankedScores) -> DrawnFigure {
    drawn { ranked.areaUnderROC(times: $0) }
  }

  /// Balanced accuracy in every draw; nil where a class is missing.
  package func balancedAccuracies(scores: [Double], labels: [Int]) -> [Double?] {
    var right = [[Int]](repeating: [0, 0], count: clusters.count)
    var total = right
    for row in labels.indices {
      total[clusters.indices[row]][labels[row]] += 1
      if (scores[row] > 0) == (labels[row] == 1) { right[clusters.indices[row]][labels[row]] += 1 }
    }
    return (0..<draws).map { draw in
      var sums = [0, 0, 0, 0]
      for cluster in 0..<clusters.count {
        let count = Int(times[draw * clusters.count + cluster])
        if count == 0 { continue }
        for label in 0...1 {
          sums[label] += count * right[cluster][label]
          sums[2 + label] += count * total[cluster][label]
        }
      }
      if sums[2] == 0 || sums[3] == 0 { return nil }
      return (Double(sums[0]) / Double(sums[2]) + Double(sums[1]) / Double(sums[3])) / 2
    }
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
