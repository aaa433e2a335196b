import Foundation
package import Kernels

/// One training part of L2-regularised logistic regression, ready to be fitted at any penalty.
///
/// The objective is scikit-learn's, divided by its `C`:
///
///     sum over rows of log(1 + exp(-m)) + |w|² / (2 C),   m = ±(w · z + b)
///
/// over standardised vectors z, with the intercept b left out of the penalty. It is minimised by
/// Newton steps, in whichever of two spaces has the smaller system to solve: one unknown per row or
/// one per component (NewtonSpace.swift). Nearly all the time goes into factoring second derivatives,
/// so a factor serves for several steps, and a fit starts where the path of penalties leads from the
/// last two.
package final class LogisticTraining {
  private let rows: [Int]
  private let labels: [Double]
  private let standardization: Standardization
  private let space: any NewtonSpace
  /// Where the last fit ended, and the one before it.
  private var point: LinearPoint
  private var earlier: LinearPoint?

  /// A fit at one penalty.
  package struct Fit {
    /// The probe on raw vectors.
    package let probe: LinearProbe
    /// The objective above at the solution.
    package let objective: Double
  }

  /// Why a fit was given up.
  package struct NotConverged: Error {
    let penalty: Double
    let iterations: Int
    /// Twice the decrease that the last step promised.
    let decrement: Double
  }

  /// Newton doubles its correct digits at the end, so a step that promises this share of the
  /// objective leaves about its square.
  private static let lastStep = 1e-6
  /// A step by the second derivatives of a near point leaves less than it promises, but no square.
  private static let lastNearStep = 1e-9
  /// Below this share of the objective a promised decrease drowns in rounding.
  private static let rounding = 1e-12
  private static let iterationLimit = 100
  private static let shortest = 1e-12

  /// Prepares a training part.
  ///
  /// - Parameters:
  ///   - features: `[row, width]`, raw; `fit` is given the same matrix.
  ///   - rows: the rows to train on; both classes occur.
  ///   - labels: 0 or 1 for every row of `features`.
  ///   - isScaled: whether components are divided by their standard deviation.
  package init(_ features: borrowing DoubleMatrix, rows: [Int], labels: [Int], isScaled: Bool) {
    self.rows = rows
    self.labels = rows.map { Double(labels[$0]) }
    let positives = self.labels.reduce(0, +)
    precondition(
      positives > 0 && positives < Double(rows.count), "\(rows.count) rows of one class")
    standardization = Standardization(features, rows: rows, isScaled: isScaled)
    // A Newton step costs n³ / 3 by rows, n d² + d³ / 3 by components: equal at n = 1.9 d.
    if 5 * rows.count <= 9 * features.columns {
      space = RowSpace(standardization.applied(to: features, rows: rows))
    } else {
      space = ComponentSpace(componentCount: features.columns)
    }
    point = LinearPoint(
      unknowns: [Double](repeating: 0, count: space.unknownCount),
      scores: [Double](repeating: 0, count: rows.count),
      intercept: log(positives / (Double(rows.count) - positives)))
  }

  /// Minimises the objective at a penalty, scikit-learn's `C`: the smaller, the stronger.
  package func fit(
    _ features: borrowing DoubleMatrix, penalty: Double
  ) throws(NotConverged) -> Fit {
    let ridge = 1 / penalty
    start(ridge: ridge)
    space.prepare { standardization.applied(to: features, rows: rows, extraColumns: 1) }
    defer { space.release() }
    var decrement = Double.infinity
    for iteration in 1...Self.iterationLimit {
      let objective = objective(point, ridge: ridge)
      guard let step = nextStep(ridge: ridge, last: iteration == 1 ? nil : decrement) else {
        throw NotConverged(penalty: penalty, iterations: iteration, decrement: decrement)
      }
      decrement = step.decrement
      if decrement <= Self.rounding * objective {
        return finished(features, objective: objective)
      }
      var length = 1.0
      var trial = point.moved(by: length, along: step.change)
      var reached = self.objective(trial, ridge: ridge)
      while reached > objective - 1e-4 * length * decrement, length > Self.shortest {
        length /= 2
        trial = point.moved(by: length, along: step.change)
        reached = self.objective(trial, ridge: ridge)
      }
      guard reached < objective else {
        throw NotConverged(penalty: penalty, iterations: iteration, decrement: decrement)
      }
      point = trial
      let enough = step.isNewton ? Self.lastStep : Self.lastNearStep
      if length == 1, decrement <= enough * objective {
        return finished(features, objective: reached)
      }
    }
    throw NotConverged(
      penalty: penalty, iterations: Self.iterationLimit, decrement: decrement)
  }

  /// Where to go next, and what decrease that promises: half the decrement.
  private struct Step {
    let change: LinearPoint
    let decrement: Double
    let isNewton: Bool
  }

  /// The step by the second derivatives factored last, as long as it promises a tenth of the last.
  ///
  /// Otherwise Newton's own, which costs a new factor; nil when they are not positive definite.
  private func nextStep(ridge: Double, last: Double?) -> Step? {
    var residuals = point.scores
    var curvatures = point.scores
    for row in labels.indices {
      let score = point.scores[row] + point.intercept
      let chance = logistic(score)
      residuals[row] = labels[row] - chance
      curvatures[row] = chance * logistic(-score)
    }
    func decrement(_ change: LinearPoint) -> Double {
      var sum = -ridge * space.inner(point, change)
      for row in labels.indices {
        sum += residuals[row] * (change.scores[row] + change.intercept)
      }
      return sum
    }
    if let last {
      let change = space.step(at: point, residuals: residuals, ridge: ridge)
      let near = Step(change: change, decrement: decrement(change), isNewton: false)
      if near.decrement <= 0.1 * last { return near }
    }
    guard space.factorize(curvatures: curvatures, ridge: ridge) else { return nil }
    let change = space.step(at: point, residuals: residuals, ridge: ridge)
    return Step(change: change, decrement: decrement(change), isNewton: true)
  }

  /// Starts where the last fit ended or, when that is better, as far again from the fit before it:
  /// a path that is smooth in the logarithm of the penalty goes on as it came.
  private func start(ridge: Double) {
    let last = point
    if let earlier {
      let ahead = last.moved(by: 1, along: last.moved(by: -1, along: earlier))
      if objective(ahead, ridge: ridge) < objective(last, ridge: ridge) { point = ahead }
    }
    earlier = last
  }

  private func finished(_ features: borrowing DoubleMatrix, objective: Double) -> Fit {
    let weights = space.weights(point, features, rows: rows, standardization)
    return Fit(
      probe: standardization.folded(weights: weights, intercept: point.intercept),
      objective: objective)
  }

  private func objective(_ point: LinearPoint, ridge: Double) -> Double {
    var sum = ridge * space.inner(point, point) / 2
    for row in labels.indices {
      sum += logLoss(score: point.scores[row] + point.intercept, label: labels[row])
    }
    return sum
  }
}

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
