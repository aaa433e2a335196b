package import Kernels

/// What contrast-consistent search is run with.
package struct ContrastOptions: Codable, Sendable, Equatable {
  /// Random starts, of which the one with the lowest loss is kept.
  package var restarts: Int
  /// How each start is fitted; nothing is kept aside.
  package var fitting: GradientOptions

  /// The settings that probes are compared at.
  package init(
    restarts: Int = 10,
    fitting: GradientOptions = GradientOptions(steps: 500, rate: 0.02, decay: 0.01)
  ) {
    precondition(restarts > 0, "\(restarts) restarts")
    self.restarts = restarts
    self.fitting = fitting
  }
}

/// A direction found without labels in pairs that say opposite things: an unsupervised reference
/// (contrast-consistent search, 2212.03827).
///
/// Each side is standardised by its own mean and spread, so that which side a vector is on is no
/// signal. Then a probe is sought whose chances on the two sides add up to one (consistent) and are far
/// from one half (confident). That leaves open which end means what: the labels of the training pairs
/// decide the sign, and nothing else.
package struct ContrastProbe: Sendable {
  /// The loss of the best start: 0 for consistent and certain, 0.25 for always one half.
  package let loss: Double
  /// Whether the labels turned the sign round.
  package let isFlipped: Bool
  private let first: LinearProbe
  private let second: LinearProbe

  /// Fits on some of the pairs: row r of `first` and row r of `second` say opposite things, and label r is
  /// 1 where it is the first that is of class 1.
  package init(
    first: borrowing DoubleMatrix, second: borrowing DoubleMatrix, rows: [Int], labels: [Int],
    options: ContrastOptions = ContrastOptions()
  ) {
    let scales = [
      Standardization(first, rows: rows, isScaled: true),
      Standardization(second, rows: rows, isScaled: true),
    ]
    let objective = ContrastLoss(
      first: scales[0].applied(to: first, rows: rows),
      second: scales[1].applied(to: second, rows: rows), decay: options.fitting.decay)
    var best: (parameters: [Double], loss: Double)?
    for restart in 0..<options.restarts {
      let start = objective.start(seed: options.fitting.seed, restart: restart)
      let found = minimize(from: start, options.fitting) { objective.slope(at: $0) }
      let loss = objective.inconsistency(at: found)
      if loss < best?.loss ?? .infinity { best = (found, loss) }
    }
    let parameters = best?.parameters ?? []
    loss = best?.loss ?? .nan
    let weights = Array(parameters.dropLast())
    let bias = parameters.last ?? 0
    func probes(sign: Double) -> [LinearProbe] {
      scales.map {
        $0.folded(weights: weights.map { sign * $0 }, intercept: sign * bias)
      }
    }
    let upright = probes(sign: 1)
    let scores = Self.scores(upright[0].scores(first), upright[1].scores(second))
    let right = balancedAccuracy(scores: rows.map { scores[$0] }, labels: rows.map { labels[$0] })
    isFlipped = right ?? 1 < 0.5
    let chosen = isFlipped ? probes(sign: -1) : upright
    self.first = chosen[0]
    self.second = chosen[1]
  }

  /// Scores of all pairs: above zero means that the first is of class 1.
  package func scores(
    first: borrowing DoubleMatrix, second: borrowing DoubleMatrix
  ) -> [Double] {
    Self.scores(self.first.scores(first), self.second.scores(second))
  }

  /// The chance of the first and that of not the second, on average, from -1/2 to 1/2.
  private static func scores(_ first: [Double], _ second: [Double]) -> [Double] {
    zip(first, second).map { (logistic($0) - logistic($1)) / 2 }
  }
}

/// The loss of contrast-consistent search on standardised pairs; the parameters are weights, then a bias.
package struct ContrastLoss: ~Copyable {
  private let first: DoubleMatrix
  private let second: DoubleMatrix
  private let decay: Double

  /// Takes the two sides, each standardised.
  package init(
    first: consuming DoubleMatrix, second: consuming DoubleMatrix, decay: Double
  ) {
    precondition(
      first.rows == second.rows && first.columns == second.columns,
      "\(first.rows) × \(first.columns) against \(second.rows) × \(second.columns)")
    self.first = first
    self.second = second
    self.decay = decay
  }

  /// A random direction of length 1 on average, and no bias.
  package func start(seed: UInt64, restart: Int) -> [Double] {
    var generator = SeededGenerator(seed: seed &+ UInt64(restart), stream: 23)
    let spread = (1 / Double(max(first.columns, 1))).squareRoot()
    return (0..<first.columns).map { _ in spread * generator.normal() } + [0]
  }

  /// The mean over pairs of (p₁ + p₂ - 1)² + min(p₁, p₂)², without the decay.
  package func inconsistency(at parameters: [Double]) -> Double {
    var sum = 0.0
    for (one, other) in chances(parameters) {
      let least = min(one, other)
      sum += (one + other - 1) * (one + other - 1) + least * least
    }
    return sum / Double(first.rows)
  }

  /// The loss, decay included, and its derivatives.
  package func slope(at parameters: [Double]) -> Slope {
    var backs = [[Double](), []]
    for (one, other) in chances(parameters) {
      let excess = 2 * (one + other - 1)
      let (ofOne, ofOther) = one < other ? (2 * one, 0.0) : (0.0, 2 * other)
      backs[0].append((excess + ofOne) * one * (1 - one) / Double(first.rows))
      backs[1].append((excess + ofOther) * other * (1 - other) / Double(first.rows))
    }
    let (left, right) = (first.transposedTimes(backs[0]), second.transposedTimes(backs[1]))
    var derivatives = left.indices.map { left[$0] + right[$0] + decay * parameters[$0] }
    derivatives.append(backs[0].reduce(0, +) + backs[1].reduce(0, +))
    let squares = parameters.dropLast().reduce(0) { $0 + $1 * $1 }
    return Slope(
      loss: inconsistency(at: parameters) + decay * squares / 2, derivatives: derivatives)
  }

  private func chances(_ parameters: [Double]) -> [(Double, Double)] {
    let probe = LinearProbe(
      weights: Array(parameters.dropLast()), bias: parameters[parameters.count - 1])
    return zip(probe.scores(first), probe.scores(second)).map { (logistic($0), logistic($1)) }
  }
}
