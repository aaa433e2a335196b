/// What is solved for in a logistic regression, or a slope or a change of it.
struct LinearSlope {
  /// One for each standardised component.
  var weights: [Double]
  /// Of the score at the mean of the training rows.
  var intercept: Double

  /// Inner product with another.
  func dot(_ other: LinearSlope) -> Double {
    var sum = intercept * other.intercept
    for index in weights.indices { sum += weights[index] * other.weights[index] }
    return sum
  }

  /// Adds a multiple of another.
  mutating func add(_ factor: Double, _ other: LinearSlope) {
    weights.add(factor, other.weights)
    intercept += factor * other.intercept
  }
}

extension [Double] {
  /// Adds a multiple of another list of the same length.
  mutating func add(_ factor: Double, _ other: [Double]) {
    for index in indices { self[index] += factor * other[index] }
  }
}

/// A logistic probe fitted at one penalty.
package struct LogisticFit {
  /// The probe on raw vectors.
  package let probe: LinearProbe
  /// Its score of every row of the features, of those too that it was not trained on.
  package let scores: [Double]
  /// The objective at the solution: the sum of log losses plus |w|² / (2 C).
  package let objective: Double
}

/// Why a fit was given up.
package struct LogisticNotConverged: Error {
  let penalty: Double
  let iterations: Int
  /// Twice the decrease that the last step promised.
  let decrement: Double
}
