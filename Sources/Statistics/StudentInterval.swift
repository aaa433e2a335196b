import Foundation

/// Student's t distribution with whole degrees of freedom.
enum StudentDistribution {
  /// The chance of a value between minus and plus t, by the finite series in the angle atan(t / √degrees)
  /// (Abramowitz and Stegun, 26.7.3 and 26.7.4).
  static func central(angle: Double, degrees: Int) -> Double {
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = degrees % 2 == 1
    var term = isOdd ? cosine : 1
    var sum = degrees == 1 ? 0 : term
    for step in stride(from: isOdd ? 3 : 2, to: degrees, by: 2) {
      term *= cosine * cosine * Double(step - 1) / Double(step)
      sum += term
    }
    return isOdd ? 2 / Double.pi * (angle + sine * sum) : sine * sum
  }

  /// The t that so much of the distribution lies within, on both sides of 0.
  static func quantile(within share: Double, degrees: Int) -> Double {
    precondition(degrees > 0 && share > 0 && share < 1, "\(share), \(degrees) degrees of freedom")
    var (low, high) = (0.0, Double.pi / 2)
    // The chance rises with the angle; 60 halvings go below the last bit.
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if central(angle: middle, degrees: degrees) < share { low = middle } else { high = middle }
    }
    return tan((low + high) / 2) * Double(degrees).squareRoot()
  }
}

/// A mean with its 95 % interval.
package struct StudentInterval: Sendable, Equatable {
  /// The mean.
  package let mean: Double
  /// The lower limit.
  package let low: Double
  /// The upper limit.
  package let high: Double
  /// One less than the number of values.
  package let degrees: Int

  /// The interval of a mean of independent values, of which nothing but their spread is known.
  ///
  /// - Returns: nil for fewer than two values.
  package init?(of values: [Double]) {
    guard values.count > 1 else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    degrees = values.count - 1
    let reach =
      studentQuantile(degrees: degrees) * (squares / Double(degrees) / count).squareRoot()
    self.mean = mean
    low = mean - reach
    high = mean + reach
  }
}

/// The quantile of Student's t distribution for two-sided 95 % intervals.
package func studentQuantile(degrees: Int) -> Double {
  StudentDistribution.quantile(within: 0.95, degrees: degrees)
}
