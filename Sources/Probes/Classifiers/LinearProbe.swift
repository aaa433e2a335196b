package import Kernels

/// A fitted linear classifier of raw vectors: a score above zero means class 1.
public struct LinearProbe: Sendable, Equatable {
  /// One weight per component of the raw vector; any standardisation is folded in.
  public let weights: [Double]
  /// Added to the weighted sum.
  public let bias: Double

  /// Joins weights and a bias.
  public init(weights: [Double], bias: Double) {
    self.weights = weights
    self.bias = bias
  }

  /// The score of one vector.
  public func score(_ vector: some Collection<Float>) -> Double {
    precondition(
      vector.count == weights.count, "\(vector.count) components, \(weights.count) weights")
    var sum = bias
    for (weight, component) in zip(weights, vector) { sum += weight * Double(component) }
    return sum
  }

  /// Scores of all rows of `[row, width]`.
  package func scores(_ features: borrowing DoubleMatrix) -> [Double] {
    features.times(weights).map { $0 + bias }
  }
}
