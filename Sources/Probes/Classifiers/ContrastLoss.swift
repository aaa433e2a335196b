import Inference

package import Kernels

/// The losses of several starts of contrast-consistent search on standardised pairs.
///
/// The parameters are the starts' weights, `[start, width]`, then their biases.
package struct ContrastLoss: ~Copyable {
  private let first: DoubleMatrix
  private let second: DoubleMatrix
  private let starts: Int
  private let decay: Double

  /// Takes the two sides, each standardised.
  package init(
    first: consuming DoubleMatrix, second: consuming DoubleMatrix, starts: Int, decay: Double
  ) {
    precondition(
      first.rows == second.rows && first.columns == second.columns,
      "\(first.rows) × \(first.columns) against \(second.rows) × \(second.columns)")
    self.first = first
    self.second = second
    self.starts = starts
    self.decay = decay
  }

  private var weightCount: Int { starts * first.columns }

  /// Random directions of length 1 on average, and no bias.
  package func start(seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed, stream: .contrastConsistency)
    let spread = (1 / Double(max(first.columns, 1))).squareRoot()
    return (0..<weightCount).map { _ in spread * generator.normal() }
      + [Double](repeating: 0, count: starts)
  }

  /// Weights and bias of one start.
  func probe(_ start: Int, of parameters: [Double]) -> (weights: [Double], bias: Double) {
    let place = start * first.columns
    return (Array(parameters[place..<place + first.columns]), parameters[weightCount + start])
  }

  /// For every start the mean over pairs of (p₁ + p₂ - 1)² + min(p₁, p₂)², without the decay.
  package func inconsistencies(at parameters: [Double]) -> [Double] {
    let one = chances(first, parameters)
    let other = chances(second, parameters)
    return inconsistencies(one, other)
  }

  /// The sum of the losses of all starts, decay included, and its derivatives.
  package func slope(at parameters: [Double]) -> Slope {
    let one = chances(first, parameters)
    let other = chances(second, parameters)
    var back = DoubleMatrix(rows: first.rows, columns: starts)
    var otherBack = DoubleMatrix(rows: first.rows, columns: starts)
    var ofBiases = [Double](repeating: 0, count: starts)
    for pair in 0..<first.rows {
      let (chances, others) = (one.row(pair), other.row(pair))
      var target = back.mutableRow(pair)
      var otherTarget = otherBack.mutableRow(pair)
      for start in 0..<starts {
        let (chance, opposite) = (chances[start], others[start])
        let excess = 2 * (chance + opposite - 1)
        let (least, otherLeast) = chance < opposite ? (2 * chance, 0) : (0, 2 * opposite)
        target[start] = (excess + least) * chance * (1 - chance) / Double(first.rows)
        otherTarget[start] =
          (excess + otherLeast) * opposite * (1 - opposite) / Double(first.rows)
        ofBiases[start] += target[start] + otherTarget[start]
      }
    }
    var ofWeights = DoubleMatrix(rows: starts, columns: first.columns)
    back.transposedTimes(first, rows: 0..<first.rows, into: &ofWeights)
    var more = DoubleMatrix(rows: starts, columns: first.columns)
    otherBack.transposedTimes(second, rows: 0..<first.rows, into: &more)
    ofWeights.add(times: more)
    var derivatives = ofWeights.values
    var squares = 0.0
    for index in derivatives.indices {
      derivatives[index] += decay * parameters[index]
      squares += parameters[index] * parameters[index]
    }
    return Slope(
      loss: inconsistencies(one, other).reduce(0, +) + decay * squares / 2,
      derivatives: derivatives + ofBiases)
  }

  private func inconsistencies(
    _ one: borrowing DoubleMatrix, _ other: borrowing DoubleMatrix
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: starts)
    for pair in 0..<first.rows {
      let (chances, others) = (one.row(pair), other.row(pair))
      for start in 0..<starts {
        let excess = chances[start] + others[start] - 1
        let least = min(chances[start], others[start])
        sums[start] += excess * excess + least * least
      }
    }
    return sums.map { $0 / Double(first.rows) }
  }

  /// The chance of class 1 of every row of a side, `[row, start]`.
  private func chances(
    _ side: borrowing DoubleMatrix, _ parameters: [Double]
  ) -> DoubleMatrix {
    let weights = DoubleMatrix(
      rows: starts, columns: side.columns, values: parameters[..<weightCount])
    var chances = side.timesTransposed(weights, rows: 0..<side.rows)
    for index in 0..<chances.rows {
      var row = chances.mutableRow(index)
      for start in 0..<starts {
        row[start] = logistic(row[start] + parameters[weightCount + start])
      }
    }
    return chances
  }
}
