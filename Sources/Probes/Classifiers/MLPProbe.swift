import Inference

package import Kernels

/// A classifier of vectors with one layer of ReLU units; a score above zero means class 1.
///
/// What it decodes and its linear twin does not is present, but not along a direction.
package struct MLPProbe: Sendable {
  /// Units of the hidden layer.
  package static let unitCount = 64

  private let standardization: Standardization
  private let parameters: [Double]

  /// Fits on some rows of raw features `[row, width]`, and ends where the loss on the rows kept aside
  /// was lowest; with none kept aside it takes all steps.
  package init(
    _ features: borrowing DoubleMatrix, rows: [Int], keptAside: [Int], labels: [Int],
    options: GradientOptions = GradientOptions()
  ) {
    standardization = Standardization(features, rows: rows, isScaled: true)
    let training = MLPLoss(
      standardization.applied(to: features, rows: rows, extraColumns: 1),
      labels: rows.map { labels[$0] }, units: Self.unitCount, decay: options.decay)
    let watched = MLPLoss(
      standardization.applied(to: features, rows: keptAside, extraColumns: 1),
      labels: keptAside.map { labels[$0] }, units: Self.unitCount, decay: 0)
    let start = training.start(seed: options.seed)
    if keptAside.isEmpty {
      parameters = minimize(from: start, options) { training.slope(at: $0) }
    } else {
      parameters = minimize(from: start, options) {
        training.slope(at: $0)
      } watching: {
        watched.loss(at: $0)
      }
    }
  }

  /// Scores of all rows of `[row, width]`.
  package func scores(_ features: borrowing DoubleMatrix) -> [Double] {
    let rows = Array(0..<features.rows)
    return MLPLoss(
      standardization.applied(to: features, rows: rows, extraColumns: 1),
      labels: [Int](repeating: 0, count: rows.count), units: Self.unitCount, decay: 0
    ).scores(at: parameters)
  }
}

/// The loss of an MLP on given rows as a function of its parameters.
///
/// The parameters are the hidden layer's `[unit, width + 1]`, its biases in the last column, then one
/// weight per unit and the output's bias.
package struct MLPLoss: ~Copyable {
  /// Standardised rows with a last column of ones.
  private let design: DoubleMatrix
  private let labels: [Double]
  private let units: Int
  private let decay: Double

  /// Takes standardised rows with one more column, which is overwritten.
  package init(
    _ standardized: consuming DoubleMatrix, labels: [Int], units: Int, decay: Double
  ) {
    var design = standardized
    for index in 0..<design.rows {
      var row = design.mutableRow(index)
      row[row.count - 1] = 1
    }
    self.design = design
    self.labels = labels.map(Double.init)
    self.units = units
    self.decay = decay
  }

  private var hiddenCount: Int { units * design.columns }

  /// Small random weights that keep the size of what passes through, drawn from a seed; biases of 0.
  package func start(seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed, stream: .perceptron)
    let spread = (2 / Double(max(design.columns - 1, 1))).squareRoot()
    var parameters: [Double] = []
    for _ in 0..<units {
      for _ in 1..<design.columns { parameters.append(spread * generator.normal()) }
      parameters.append(0)
    }
    let outputSpread = (1 / Double(units)).squareRoot()
    for _ in 0..<units { parameters.append(outputSpread * generator.normal()) }
    return parameters + [0]
  }

  /// The mean log loss of a row, plus the decay.
  package func loss(at parameters: [Double]) -> Double {
    loss(scores(at: parameters), parameters)
  }

  /// Scores of all rows.
  package func scores(at parameters: [Double]) -> [Double] {
    scores(hidden(parameters), parameters)
  }

  /// The loss and its derivatives.
  package func slope(at parameters: [Double]) -> Slope {
    let hidden = hidden(parameters)
    let scores = scores(hidden, parameters)
    let residuals = scores.indices.map {
      (logistic(scores[$0]) - labels[$0]) / Double(labels.count)
    }
    let output = Array(parameters[hiddenCount..<hiddenCount + units])
    var back = DoubleMatrix(rows: hidden.rows, columns: units)
    for index in 0..<hidden.rows {
      let values = hidden.row(index)
      var target = back.mutableRow(index)
      for unit in 0..<units where values[unit] > 0 {
        target[unit] = residuals[index] * output[unit]
      }
    }
    var first = DoubleMatrix(rows: units, columns: design.columns)
    back.transposedTimes(design, rows: 0..<design.rows, into: &first)
    var derivatives = first.values + hidden.transposedTimes(residuals)
    derivatives.append(residuals.reduce(0, +))
    for index in parameters.indices where isWeight(index) {
      derivatives[index] += decay * parameters[index]
    }
    return Slope(loss: loss(scores, parameters), derivatives: derivatives)
  }

  private func hidden(_ parameters: [Double]) -> DoubleMatrix {
    let first = DoubleMatrix(
      rows: units, columns: design.columns, values: parameters[..<hiddenCount])
    var hidden = design.timesTransposed(first, rows: 0..<design.rows)
    for index in 0..<hidden.rows {
      var row = hidden.mutableRow(index)
      for unit in row.indices { row[unit] = max(row[unit], 0) }
    }
    return hidden
  }

  private func scores(_ hidden: borrowing DoubleMatrix, _ parameters: [Double]) -> [Double] {
    let bias = parameters[parameters.count - 1]
    return hidden.times(Array(parameters[hiddenCount..<hiddenCount + units])).map { $0 + bias }
  }

  private func loss(_ scores: [Double], _ parameters: [Double]) -> Double {
    var squares = 0.0
    for index in parameters.indices where isWeight(index) {
      squares += parameters[index] * parameters[index]
    }
    return meanLogLoss(scores, labels) + decay * squares / 2
  }

  /// Whether a parameter is a weight and no bias.
  private func isWeight(_ index: Int) -> Bool {
    index < hiddenCount
      ? index % design.columns != design.columns - 1 : index < hiddenCount + units
  }
}

/// The mean over rows of minus the logarithm of the chance given to what was true.
func meanLogLoss(_ scores: [Double], _ labels: [Double]) -> Double {
  var sum = 0.0
  for index in scores.indices { sum += logLoss(score: scores[index], label: labels[index]) }
  return sum / Double(max(scores.count, 1))
}
