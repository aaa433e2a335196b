import Foundation

/// The chance of class 1 that a log-odds score stands for.
package func logistic(_ score: Double) -> Double {
  if score >= 0 { return 1 / (1 + exp(-score)) }
  let odds = exp(score)
  return odds / (1 + odds)
}

/// Minus the logarithm of the chance that a log-odds score gave to what was true.
package func logLoss(score: Double, label: Double) -> Double {
  let margin = label > 0.5 ? score : -score
  return max(-margin, 0) + log1p(exp(-abs(margin)))
}

/// A sum of log losses.
///
/// The logarithm is taken of products of many factors `1 + exp(-|score|)`, each between one and two.
struct LogLossSum {
  private var linear = 0.0
  private var product = 1.0

  private static let limit = 1e250

  /// Adds the loss of a score whose sign was right or wrong; `odds` are `exp(-|score|)`.
  mutating func add(_ score: Double, odds: Double, isRight: Bool) {
    if !isRight { linear += abs(score) }
    product *= 1 + odds
    if product > Self.limit {
      linear += log(product)
      product = 1
    }
  }

  /// The sum so far.
  var value: Double { linear + log(product) }
}
