import Foundation

/// Figures with bands that hold for all of them together, so that the most remarkable of many may be believed.
///
/// The band of each is its standard error times one factor: the 95th percentile, over bootstrap draws, of the
/// largest deviation of any figure from its value, in units of its standard error over draws.
package struct SimultaneousBands {
  /// What standard errors are multiplied by; at least that of a single figure.
  package let factor: Double
  /// The figures with their bands; nil where one has no value.
  package let estimates: [Estimate?]

  /// The factor of a single figure.
  private static let single = 1.959963984540054

  /// Makes bands.
  ///
  /// - Parameters:
  ///   - figures: figures over the same draws.
  ///   - variances: the variance of each figure that the draws know nothing of.
  package init(_ figures: [DrawnFigure], adding variances: [Double]) {
    precondition(figures.count == variances.count, "\(figures.count) figures")
    let drawn = figures.map { Self.variance($0.replicates) }
    let draws = figures.map(\.replicates.count).max() ?? 0
    let largest = (0..<draws).compactMap { draw -> Double? in
      figures.indices.compactMap { index -> Double? in
        guard let value = figures[index].value, let replicate = figures[index].replicates[draw],
          drawn[index] > 0
        else { return nil }
        return abs(replicate - value) / drawn[index].squareRoot()
      }.max()
    }.sorted()
    let factor = max(
      Self.single, largest.isEmpty ? 0 : largest[Int(0.95 * Double(largest.count - 1))]
    )
    self.factor = factor
    estimates = figures.indices.map { index in
      figures[index].value.map { value in
        let half = factor * (drawn[index] + variances[index]).squareRoot()
        return Estimate(
          value: value, low: value - half, high: value + half,
          draws: figures[index].replicates.count { $0 != nil })
      }
    }
  }

  /// Makes bands of figures of which the draws know all.
  package init(_ figures: [DrawnFigure]) {
    self.init(figures, adding: [Double](repeating: 0, count: figures.count))
  }

  private static func variance(_ replicates: [Double?]) -> Double {
    replicates.compactMap { $0 }.sampleVariance
  }
}

extension [Double] {
  /// The mean; 0 of nothing.
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

  /// The variance of a sample; 0 of fewer than two.
  var sampleVariance: Double {
    guard count > 1 else { return 0 }
    let middle = mean
    return reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(count - 1)
  }
}
