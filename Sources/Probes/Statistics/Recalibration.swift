import Foundation

/// A logistic regression of the label on one score: `log-odds = slope × score + intercept`.
///
/// Fitted by maximum likelihood with a very weak pull of the slope on the standardised score, so that it
/// exists for scores that separate the classes (Platt, 1999).
struct Recalibration: Sendable {
  let slope: Double
  let intercept: Double

  /// Weight of half the squared slope per unit of the score's standard deviation.
  private static let ridge = 1e-3

  /// Fits scores to labels; both classes occur.
  init(scores: [Double], labels: [Int]) {
    let count = Double(scores.count)
    let mean = scores.reduce(0, +) / count
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let positives = Double(labels.reduce(0, +))
    let prior = log(positives / (count - positives))
    guard variance > 0, variance.isFinite else {
      (slope, intercept) = (0, prior)
      return
    }
    let spread = variance.squareRoot()
    let values = scores.map { ($0 - mean) / spread }
    var (gain, offset) = (0.0, prior)
    for _ in 0..<100 {
      var slopes = (-Self.ridge * gain, 0.0)
      var curvatures = (Self.ridge, 0.0, 1e-12)
      for (value, label) in zip(values, labels) {
        let score = gain * value + offset
        let chance = logistic(score)
        let curvature = chance * logistic(-score)
        slopes.0 += (Double(label) - chance) * value
        slopes.1 += Double(label) - chance
        curvatures.0 += curvature * value * value
        curvatures.1 += curvature * value
        curvatures.2 += curvature
      }
      let determinant = curvatures.0 * curvatures.2 - curvatures.1 * curvatures.1
      var step = (
        (curvatures.2 * slopes.0 - curvatures.1 * slopes.1) / determinant,
        (curvatures.0 * slopes.1 - curvatures.1 * slopes.0) / determinant
      )
      // Far from the optimum the curvature is too flat to be believed.
      let length = max(abs(step.0), abs(step.1))
      if length > 1 { step = (step.0 / length, step.1 / length) }
      gain += step.0
      offset += step.1
      if length < 1e-10 { break }
    }
    slope = gain / spread
    intercept = offset - gain * mean / spread
  }

  /// The log-odds that a score stands for.
  func logOdds(_ score: Double) -> Double { slope * score + intercept }
}
