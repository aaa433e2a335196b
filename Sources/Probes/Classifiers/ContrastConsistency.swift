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
    fitting: GradientOptions = GradientOptions(steps: 300, rate: 0.02, decay: 0.01)
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
      second: scales[1].applied(to: second, rows: rows), starts: options.restarts,
      decay: options.fitting.decay)
    // Adam goes its own way in every parameter, so all starts can go together.
    let parameters = minimize(
      from: objective.start(seed: options.fitting.seed), options.fitting
    ) { objective.slope(at: $0) }
    let losses = objective.inconsistencies(at: parameters)
    let best = losses.indices.reduce(0) { losses[$1] < losses[$0] ? $1 : $0 }
    loss = losses[best]
    let (weights, bias) = objective.probe(best, of: parameters)
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
