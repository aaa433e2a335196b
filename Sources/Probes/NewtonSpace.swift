import Kernels

/// A linear function of the training rows, and the unknowns it was made from.
struct LinearPoint {
  /// What is solved for; what they stand for is the space's business.
  var unknowns: [Double]
  /// The function at each training row, without the intercept.
  var scores: [Double]
  /// Added to every score.
  var intercept: Double

  /// This point plus some length of another.
  func moved(by length: Double, along step: LinearPoint) -> LinearPoint {
    var result = self
    for index in unknowns.indices { result.unknowns[index] += length * step.unknowns[index] }
    for row in scores.indices { result.scores[row] += length * step.scores[row] }
    result.intercept += length * step.intercept
    return result
  }
}

/// The unknowns of a logistic regression and how a Newton step looks in them.
protocol NewtonSpace: AnyObject {
  /// How many unknowns there are besides the intercept.
  var unknownCount: Int { get }

  /// Inner product of the weights at two points.
  func inner(_ one: LinearPoint, _ other: LinearPoint) -> Double

  /// The Newton step; nil when its system is not positive definite.
  ///
  /// Per row, a residual is the label minus the chance, a curvature the second derivative of the loss
  /// by the score. The ridge is the weight of half the squared length in the objective.
  func direction(
    at point: LinearPoint, residuals: [Double], curvatures: [Double], ridge: Double
  ) -> LinearPoint?

  /// The weights of the standardised components; `rows` are the training rows among the features.
  func weights(
    _ point: LinearPoint, _ features: borrowing DoubleMatrix, rows: [Int],
    _ standardization: Standardization
  ) -> [Double]
}

/// One unknown per component: its weight.
final class ComponentSpace: NewtonSpace {
  /// Standardised rows with a last column of ones.
  private let design: DoubleMatrix

  /// Takes standardised rows with one more column, which is overwritten.
  init(_ standardized: consuming DoubleMatrix) {
    var design = standardized
    let last = design.columns - 1
    for index in 0..<design.rows {
      var row = design.mutableRow(index)
      row[last] = 1
    }
    self.design = design
  }

  var unknownCount: Int { design.columns - 1 }

  func inner(_ one: LinearPoint, _ other: LinearPoint) -> Double {
    dot(one.unknowns, other.unknowns)
  }

  func direction(
    at point: LinearPoint, residuals: [Double], curvatures: [Double], ridge: Double
  ) -> LinearPoint? {
    var hessian = componentHessian(design, curvatures: curvatures, ridge: ridge)
    guard hessian.factorize() else { return nil }
    var step = design.transposedTimes(residuals)
    for index in point.unknowns.indices { step[index] -= ridge * point.unknowns[index] }
    hessian.solve(&step)
    let intercept = step[unknownCount]
    let scores = design.times(step).map { $0 - intercept }
    step.removeLast()
    return LinearPoint(unknowns: step, scores: scores, intercept: intercept)
  }

  func weights(
    _ point: LinearPoint, _ features: borrowing DoubleMatrix, rows: [Int],
    _ standardization: Standardization
  ) -> [Double] {
    point.unknowns
  }
}

/// One unknown per row: the weights are the sum of the rows, each times its unknown.
///
/// With K the inner products of the rows, the scores are K a and the inner product of two weight
/// vectors is a · K a'. At the optimum the unknowns add up to zero, because the intercept is free;
/// every step restores that.
final class RowSpace: NewtonSpace {
  /// Inner products of the standardised rows, lower triangle.
  private let products: DoubleMatrix

  init(_ standardized: borrowing DoubleMatrix) {
    var products = DoubleMatrix(rows: standardized.rows, columns: standardized.rows)
    standardized.rowProducts(into: &products)
    self.products = products
  }

  var unknownCount: Int { products.rows }

  func inner(_ one: LinearPoint, _ other: LinearPoint) -> Double {
    dot(one.unknowns, other.scores)
  }

  /// Solves for the step through a symmetric system of one row per row.
  ///
  /// With W the curvatures and r the residuals, the step solves
  ///
  ///     (W K + ridge) δa + W 1 δb = r - ridge a,   1 · δa = -(1 · a)
  ///
  /// through the symmetric B = ridge + √W K √W, whose eigenvalues are at least `ridge` however flat
  /// the loss is and however many rows are copies of each other.
  func direction(
    at point: LinearPoint, residuals: [Double], curvatures: [Double], ridge: Double
  ) -> LinearPoint? {
    let roots = curvatures.map { $0.squareRoot() }
    var system = rowSystem(products, roots: roots, ridge: ridge)
    guard system.factorize() else { return nil }

    let count = point.unknowns.count
    var force = residuals
    for row in force.indices { force[row] -= ridge * point.unknowns[row] }
    let forced = products.symmetricTimes(force)
    let shifted = products.symmetricTimes(curvatures)
    var sides = [Double](repeating: 0, count: 2 * count)
    for row in 0..<count {
      sides[row] = roots[row] * forced[row]
      sides[count + row] = roots[row] * shifted[row]
    }
    system.solve(&sides)
    var step = force
    var shift = curvatures
    for row in 0..<count {
      step[row] = (force[row] - roots[row] * sides[row]) / ridge
      shift[row] = (curvatures[row] - roots[row] * sides[count + row]) / ridge
    }
    let excess = step.reduce(0, +) + point.unknowns.reduce(0, +)
    let intercept = excess / shift.reduce(0, +)
    for row in 0..<count { step[row] -= intercept * shift[row] }
    return LinearPoint(
      unknowns: step, scores: products.symmetricTimes(step), intercept: intercept)
  }

  func weights(
    _ point: LinearPoint, _ features: borrowing DoubleMatrix, rows: [Int],
    _ standardization: Standardization
  ) -> [Double] {
    var scattered = [Double](repeating: 0, count: features.rows)
    for (place, row) in rows.enumerated() { scattered[row] = point.unknowns[place] }
    var weights = features.transposedTimes(scattered)
    let total = point.unknowns.reduce(0, +)
    for index in weights.indices {
      weights[index] -= total * standardization.means[index]
      weights[index] /= standardization.scales[index]
    }
    return weights
  }
}

/// Z' W Z of the rows, plus the ridge on every component but the last; lower triangle.
private func componentHessian(
  _ design: borrowing DoubleMatrix, curvatures: [Double], ridge: Double
) -> DoubleMatrix {
  var weighted = DoubleMatrix(rows: design.rows, columns: design.columns)
  for index in 0..<design.rows {
    let root = curvatures[index].squareRoot()
    let values = design.row(index)
    var target = weighted.mutableRow(index)
    for column in target.indices { target[column] = root * values[column] }
  }
  var hessian = DoubleMatrix(rows: design.columns, columns: design.columns)
  weighted.columnProducts(into: &hessian)
  for index in 0..<(design.columns - 1) {
    var row = hessian.mutableRow(index)
    row[index] += ridge
  }
  return hessian
}

/// ridge + √W K √W; lower triangle.
private func rowSystem(
  _ products: borrowing DoubleMatrix, roots: [Double], ridge: Double
) -> DoubleMatrix {
  var system = DoubleMatrix(rows: roots.count, columns: roots.count)
  for index in roots.indices {
    let values = products.row(index)
    let root = roots[index]
    var target = system.mutableRow(index)
    for column in 0...index { target[column] = root * roots[column] * values[column] }
    target[index] += ridge
  }
  return system
}

private func dot(_ left: [Double], _ right: [Double]) -> Double {
  var sum = 0.0
  for index in left.indices { sum += left[index] * right[index] }
  return sum
}
