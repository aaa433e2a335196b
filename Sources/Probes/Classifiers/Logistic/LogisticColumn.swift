import Foundation

/// One training part on its way to the optimum of its logistic regression.
struct LogisticColumn {
  /// Where it is.
  private(set) var point: LinearSlope
  /// Score of every row, without the intercept.
  var scores: [Double]
  /// Where the last fit ended.
  private var last: (point: LinearSlope, scores: [Double])?
  private let rows: [Int]
  /// For all rows; read at those of the part.
  private let isPositive: [Bool]

  /// The objective, the force of each row on its score, and the curvature; 0 outside the part.
  struct Derivatives {
    var objective: Double
    var forces: [Double]
    var curvatures: [Double]
  }

  private static let shortest = 1e-12
  /// Share of a promised decrease that a step must keep.
  private static let kept = 1e-4

  /// Starts at the share of positives, which occur among the rows as negatives do.
  init(rows: [Int], isPositive: [Bool], width: Int) {
    self.rows = rows
    self.isPositive = isPositive
    let positives = rows.count { isPositive[$0] }
    precondition(positives > 0 && positives < rows.count, "\(rows.count) rows of one class")
    point = LinearSlope(
      weights: [Double](repeating: 0, count: width),
      intercept: log(Double(positives) / Double(rows.count - positives)))
    scores = [Double](repeating: 0, count: isPositive.count)
  }

  /// The objective at the point.
  func objective(ridge: Double) -> Double { objective(point, scores, ridge: ridge) }

  private func penalty(_ point: LinearSlope, ridge: Double) -> Double {
    var sum = 0.0
    for weight in point.weights { sum += weight * weight }
    return sum * ridge / 2
  }

  private func objective(_ point: LinearSlope, _ scores: [Double], ridge: Double) -> Double {
    var sum = LogLossSum()
    for row in rows {
      let score = scores[row] + point.intercept
      sum.add(score, odds: exp(-abs(score)), isRight: isPositive[row] == (score >= 0))
    }
    return sum.value + penalty(point, ridge: ridge)
  }

  /// The objective at the point, what each row pulls with, and how fast that changes.
  func derivatives(ridge: Double) -> Derivatives {
    let zeros = [Double](repeating: 0, count: isPositive.count)
    var result = Derivatives(objective: 0, forces: zeros, curvatures: zeros)
    var sum = LogLossSum()
    for row in rows {
      let score = scores[row] + point.intercept
      let odds = exp(-abs(score))
      let (likelier, other) = (1 / (1 + odds), odds / (1 + odds))
      let isRight = isPositive[row] == (score >= 0)
      sum.add(score, odds: odds, isRight: isRight)
      result.forces[row] = (isPositive[row] ? 1 : -1) * (isRight ? other : likelier)
      result.curvatures[row] = likelier * other
    }
    result.objective = sum.value + penalty(point, ridge: ridge)
    return result
  }

  /// Starts where the last fit ended or, when that is better, as far again from the fit before it:
  /// a path that is smooth in the logarithm of the penalty goes on as it came.
  mutating func start(ridge: Double) {
    let here = (point: point, scores: scores)
    if let last {
      var ahead = here
      ahead.scores.add(1, here.scores)
      ahead.scores.add(-1, last.scores)
      ahead.point.add(1, here.point)
      ahead.point.add(-1, last.point)
      if objective(ahead.point, ahead.scores, ridge: ridge) < objective(ridge: ridge) {
        (point, scores) = ahead
      }
    }
    last = here
  }

  /// Moves along a change, as far as the objective falls by what was promised.
  ///
  /// - Parameters:
  ///   - change: the change of the point.
  ///   - moved: the change of the scores.
  ///   - decrement: twice the decrease that a full step promises.
  ///   - objective: the objective here.
  ///   - ridge: weight of half the squared length of the weights in it.
  /// - Returns: how far it went and what the objective is there; nil where it does not fall.
  mutating func move(
    _ change: LinearSlope, _ moved: [Double], decrement: Double, from objective: Double,
    ridge: Double
  ) -> (length: Double, objective: Double)? {
    var length = 1.0
    while true {
      var trial = point
      trial.add(length, change)
      var reachedScores = scores
      reachedScores.add(length, moved)
      let reached = self.objective(trial, reachedScores, ridge: ridge)
      if reached <= objective - Self.kept * length * decrement {
        (point, scores) = (trial, reachedScores)
        return (length, reached)
      }
      if length <= Self.shortest { return nil }
      length /= 2
    }
  }
}
