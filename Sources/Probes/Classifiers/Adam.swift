import Foundation
import Inference

/// How a probe without a closed form is fitted: by Adam, on all training rows at once.
package struct GradientOptions: Codable, Sendable, Equatable {
  /// The most steps taken.
  package var steps: Int
  /// Length of the first steps.
  package var rate: Double
  /// Weight of half the squared length of the weights, beside the mean loss of a row.
  package var decay: Double
  /// Steps without a lower loss on the rows kept aside after which nothing better is expected.
  package var patience: Int
  /// Fixes the weights that it starts from.
  package var seed: UInt64

  /// The settings that probes are compared at.
  package init(
    steps: Int = 300, rate: Double = 0.01, decay: Double = 1e-3, patience: Int = 30,
    seed: UInt64 = 0
  ) {
    precondition(steps > 0 && rate > 0 && decay > 0, "\(steps) steps of \(rate), decay \(decay)")
    self.steps = steps
    self.rate = rate
    self.decay = decay
    self.patience = patience
    self.seed = seed
  }
}

/// A loss and its derivatives by the parameters.
package struct Slope: Sendable {
  /// The loss.
  package let loss: Double
  /// One derivative per parameter.
  package let derivatives: [Double]
}

/// Steps of Adam (Kingma and Ba 2015), with their moments.
private struct Adam {
  private var first: [Double]
  private var second: [Double]
  private var count = 0

  private static let (forgetting, forgettingSquares) = (0.9, 0.999)
  private static let least = 1e-8

  init(count: Int) {
    first = [Double](repeating: 0, count: count)
    second = first
  }

  mutating func step(_ parameters: inout [Double], _ derivatives: [Double], rate: Double) {
    count += 1
    let bias = 1 - pow(Self.forgetting, Double(count))
    let biasOfSquares = 1 - pow(Self.forgettingSquares, Double(count))
    for index in parameters.indices {
      let value = derivatives[index]
      first[index] += (1 - Self.forgetting) * (value - first[index])
      second[index] += (1 - Self.forgettingSquares) * (value * value - second[index])
      let spread = (second[index] / biasOfSquares).squareRoot() + Self.least
      parameters[index] -= rate * first[index] / bias / spread
    }
  }
}

/// Lowers a loss by Adam, its steps shrinking to nothing along half a cosine.
///
/// With a loss to watch, on rows that the slope does not know, the parameters are those where it was
/// lowest, and it ends when that is long ago.
func minimize(
  from start: [Double], _ options: GradientOptions, slope: ([Double]) -> Slope,
  watching: (([Double]) -> Double)? = nil
) -> [Double] {
  var parameters = start
  var adam = Adam(count: start.count)
  var best: (parameters: [Double], loss: Double, step: Int)?
  for step in 0..<options.steps {
    if let watching {
      let loss = watching(parameters)
      if loss < best?.loss ?? .infinity { best = (parameters, loss, step) }
      if let best, step - best.step >= options.patience { break }
    }
    let rate = options.rate * (1 + cos(.pi * Double(step) / Double(options.steps))) / 2
    adam.step(&parameters, slope(parameters).derivatives, rate: rate)
  }
  if let watching, let best, watching(parameters) >= best.loss { return best.parameters }
  return parameters
}
