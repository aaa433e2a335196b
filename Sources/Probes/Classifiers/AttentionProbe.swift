import Foundation
import Inference
package import Kernels

/// The vectors of several positions of every prompt, one prompt after the other.
package struct PositionedRows: ~Copyable {
  /// `[position, width]`.
  package let values: DoubleMatrix
  /// The positions of each prompt among the rows of the values; none is empty.
  package let prompts: [Range<Int>]

  /// Joins vectors and what says whose they are.
  package init(_ values: consuming DoubleMatrix, prompts: [Range<Int>]) {
    let count = values.rows
    precondition(
      prompts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= count },
      "a prompt without a position among \(count)")
    self.values = values
    self.prompts = prompts
  }

  /// The mean over the positions of every prompt, `[prompt, width]`: what the attention probe's linear
  /// twin reads.
  package func means() -> DoubleMatrix {
    var result = DoubleMatrix(rows: prompts.count, columns: values.columns)
    for (prompt, positions) in prompts.enumerated() {
      var target = result.mutableRow(prompt)
      for position in positions {
        let row = values.row(position)
        for column in row.indices { target[column] += row[column] / Double(positions.count) }
      }
    }
    return result
  }
}

/// A classifier of prompts that learns which positions to read; a score above zero means class 1.
///
/// Every head weighs the positions of a prompt by softmax(q · h) and adds w · (weighted mean). With all
/// q at 0 that is a linear probe of the mean over positions, its twin.
package struct AttentionProbe: Sendable {
  /// The most heads there can be.
  package static let headLimit = 4

  private let standardization: Standardization
  private let heads: Int
  private let parameters: [Double]

  /// Fits on some prompts, in which both classes occur, and ends where the loss on the prompts kept
  /// aside was lowest; with none kept aside it takes all steps.
  ///
  /// It starts as its linear twin at the same decay, and so leaves it only for something better.
  package init(
    _ features: borrowing PositionedRows, prompts: [Int], keptAside: [Int], labels: [Int],
    heads: Int = 1, options: GradientOptions = GradientOptions()
  ) throws(LogisticTraining.NotConverged) {
    precondition(heads >= 1 && heads <= Self.headLimit, "\(heads) heads")
    let positions = prompts.flatMap { Array(features.prompts[$0]) }
    standardization = Standardization(features.values, rows: positions, isScaled: true)
    self.heads = heads
    let rows = features.standardized(standardization, prompts: prompts)
    let means = rows.means()
    let own = prompts.map { labels[$0] }
    // The decay weighs against the mean loss of a prompt, 1 / C against the sum.
    let twin = try LogisticTraining(
      means, rows: Array(own.indices), labels: own, isScaled: false
    ).fit(means, penalty: 1 / (options.decay * Double(own.count))).probe
    let training = AttentionLoss(rows, labels: own, heads: heads, decay: options.decay)
    let watched = AttentionLoss(
      features.standardized(standardization, prompts: keptAside),
      labels: keptAside.map { labels[$0] }, heads: heads, decay: 0)
    let start = training.start(from: twin, seed: options.seed)
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

  /// Scores of all prompts.
  package func scores(_ features: borrowing PositionedRows) -> [Double] {
    let prompts = Array(features.prompts.indices)
    return AttentionLoss(
      features.standardized(standardization, prompts: prompts),
      labels: [Int](repeating: 0, count: prompts.count), heads: heads, decay: 0
    ).scores(at: parameters)
  }
}

extension PositionedRows {
  /// The standardised positions of some prompts.
  fileprivate func standardized(
    _ standardization: Standardization, prompts chosen: [Int]
  ) -> PositionedRows {
    var ranges: [Range<Int>] = []
    var positions: [Int] = []
    for prompt in chosen {
      ranges.append(positions.count..<positions.count + prompts[prompt].count)
      positions += Array(prompts[prompt])
    }
    return PositionedRows(
      standardization.applied(to: values, rows: positions), prompts: ranges)
  }
}

/// The loss of an attention probe on given prompts as a function of its parameters.
///
/// The parameters are the heads' q, then the heads' w, `[2 × head, width]`, then the bias.
package struct AttentionLoss: ~Copyable {
  private let features: PositionedRows
  private let labels: [Double]
  private let heads: Int
  private let decay: Double

  /// Takes standardised positions.
  package init(
    _ standardized: consuming PositionedRows, labels: [Int], heads: Int, decay: Double
  ) {
    features = standardized
    self.labels = labels.map(Double.init)
    self.heads = heads
    self.decay = decay
  }

  private var width: Int { features.values.columns }

  /// The twin's weights shared out to the heads, and small random q, drawn from a seed, so that heads
  /// come to differ.
  package func start(from twin: LinearProbe, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed, stream: .attention)
    let spread = 0.1 / Double(max(width, 1)).squareRoot()
    var parameters = (0..<heads * width).map { _ in spread * generator.normal() }
    for _ in 0..<heads { parameters += twin.weights.map { $0 / Double(heads) } }
    return parameters + [twin.bias]
  }

  /// The mean log loss of a prompt, plus the decay.
  package func loss(at parameters: [Double]) -> Double {
    loss(scores(at: parameters), parameters)
  }

  /// Scores of all prompts.
  package func scores(at parameters: [Double]) -> [Double] {
    let products = products(parameters)
    return features.prompts.map { positions in
      score(products, positions, bias: parameters[parameters.count - 1])
    }
  }

  /// The loss and its derivatives.
  package func slope(at parameters: [Double]) -> Slope {
    let products = products(parameters)
    var back = DoubleMatrix(rows: products.rows, columns: 2 * heads)
    var scores: [Double] = []
    var ofBias = 0.0
    for (prompt, positions) in features.prompts.enumerated() {
      let score = score(products, positions, bias: parameters[parameters.count - 1])
      let residual = (logistic(score) - labels[prompt]) / Double(labels.count)
      scores.append(score)
      ofBias += residual
      for head in 0..<heads {
        let read = HeadReading(products, positions, head: head, heads: heads)
        for (place, position) in positions.enumerated() {
          let value = products.row(position)[heads + head]
          var target = back.mutableRow(position)
          target[head] = residual * read.shares[place] * (value - read.mean)
          target[heads + head] = residual * read.shares[place]
        }
      }
    }
    var first = DoubleMatrix(rows: 2 * heads, columns: width)
    back.transposedTimes(features.values, rows: 0..<products.rows, into: &first)
    var derivatives = first.values
    for index in derivatives.indices { derivatives[index] += decay * parameters[index] }
    return Slope(loss: loss(scores, parameters), derivatives: derivatives + [ofBias])
  }

  /// q · h and w · h of every position, `[position, 2 × head]`.
  private func products(_ parameters: [Double]) -> DoubleMatrix {
    let rows = DoubleMatrix(
      rows: 2 * heads, columns: width, values: parameters[..<(2 * heads * width)])
    return features.values.timesTransposed(rows, rows: 0..<features.values.rows)
  }

  private func score(
    _ products: borrowing DoubleMatrix, _ positions: Range<Int>, bias: Double
  ) -> Double {
    var sum = bias
    for head in 0..<heads {
      sum += HeadReading(products, positions, head: head, heads: heads).mean
    }
    return sum
  }

  private func loss(_ scores: [Double], _ parameters: [Double]) -> Double {
    let squares = parameters.dropLast().reduce(0) { $0 + $1 * $1 }
    return meanLogLoss(scores, labels) + decay * squares / 2
  }
}

/// How one head weighs the positions of a prompt.
private struct HeadReading {
  /// softmax(q · h).
  let shares: [Double]
  /// The weighted mean of w · h.
  let mean: Double

  init(_ products: borrowing DoubleMatrix, _ positions: Range<Int>, head: Int, heads: Int) {
    var highest = -Double.infinity
    for position in positions { highest = max(highest, products.row(position)[head]) }
    var shares: [Double] = []
    var total = 0.0
    for position in positions {
      shares.append(exp(products.row(position)[head] - highest))
      total += shares[shares.count - 1]
    }
    var mean = 0.0
    for (place, position) in positions.enumerated() {
      shares[place] /= total
      mean += shares[place] * products.row(position)[heads + head]
    }
    self.shares = shares
    self.mean = mean
  }
}
