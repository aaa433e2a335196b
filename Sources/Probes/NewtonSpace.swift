internal import Kernels

/// The unknowns of a logistic regression and how a Newton step looks in them.
protocol NewtonSpace: AnyObject {
  /// Log-odds of the training rows at the current point.
  var scores: [Double] { get }
  /// The intercept at the current point.
  var intercept: Double { get }
  /// Squared length of the weights at the current point.
  var squaredNorm: Double { get }

  /// Solves for the Newton step and remembers it; nil when the system is not positive definite.
  ///
  /// - Parameters:
  ///   - residuals: label minus chance, per row.
  ///   - curvatures: second derivative of the loss by the score, per row.
  ///   - ridge: weight of half the squared length in the objective.
  func direction(residuals: [Double], curvatures: [Double], ridge: Double) -> NewtonStep?

  /// Goes along the remembered step.
  func move(by length: Double)

  /// The weights of the standardised components at the current point.
  ///
  /// - Parameter rows: which rows of the raw features the training rows are.
  func weights(
    _ features: borrowing DoubleMatrix, rows: [Int], _ standardization: Standardization
  ) -> [Double]
}

/// What a line search needs to know of a step.
struct NewtonStep {
  /// Change of every row's score along the full step.
  let scores: [Double]
  /// Inner product of the weights with their change.
  let slope: Double
  /// Squared length of the change of the weights.
  let curvature: Double
}

/// One unknown per component, and the intercept as one more.
final class ComponentSpace: NewtonSpace {
  /// Standardised rows with a last column of ones.
  private let design: DoubleMatrix
  private var point: [Double]
  private var step: [Double] = []

  /// - Parameter standardized: rows with one more column, which is overwritten.
  init(_ standardized: consuming DoubleMatrix, intercept: Double) {
    var design = standardized
    let last = design.columns - 1
    for index in 0..<design.rows {
      var row = design.mutableRow(index)
      row[last] = 1
    }
    point = [Double](repeating: 0, count: design.columns)
    point[last] = intercept
    self.design = design
  }

  var scores: [Double] { design.times(point) }
  var intercept: Double { point[point.count - 1] }
  var squaredNorm: Double { dot(point.dropLast(), point.dropLast()) }

  func direction(residuals: [Double], curvatures: [Double], ridge: Double) -> NewtonStep? {
    let width = design.columns - 1
    var hessian = componentHessian(design, curvatures: curvatures, ridge: ridge)
    guard hessian.factorize() else { return nil }
    step = design.transposedTimes(residuals)
    for index in 0..<width { step[index] -= ridge * point[index] }
    hessian.solve(&step)
    return NewtonStep(
      scores: design.times(step), slope: dot(point.dropLast(), step.dropLast()),
      curvature: dot(step.dropLast(), step.dropLast()))
  }

  func move(by length: Double) {
    for index in point.indices { point[index] += length * step[index] }
  }

  func weights(
    _ features: borrowing DoubleMatrix, rows: [Int], _ standardization: Standardization
  ) -> [Double] {
    Array(point.dropLast())
  }
}

/// One unknown per row: the weights are the rows' sum, each times its unknown.
///
/// With K the inner products of the rows, the scores are K a + b and the squared length a · K a. At the
/// optimum the unknowns a add up to zero, because the intercept is free; every step restores that.
final class RowSpace: NewtonSpace {
  /// Inner products of the standardised rows, lower triangle.
  private let products: DoubleMatrix
  private var point: [Double]
  private var step: [Double] = []
  /// K times the point and times the step.
  private var pointScores: [Double]
  private var stepScores: [Double] = []
  private(set) var intercept: Double
  private var interceptStep = 0.0

  init(_ standardized: borrowing DoubleMatrix, intercept: Double) {
    var products = DoubleMatrix(rows: standardized.rows, columns: standardized.rows)
    standardized.rowProducts(into: &products)
    self.products = products
    point = [Double](repeating: 0, count: standardized.rows)
    pointScores = point
    self.intercept = intercept
  }

  var scores: [Double] { pointScores.map { $0 + intercept } }
  var squaredNorm: Double { dot(point[...], pointScores[...]) }

  /// With W the curvatures and r the residuals, the step solves
  ///
  ///     (W K + ridge) δa + W 1 δb = r - ridge a,   1 · δa = -(1 · a)
  ///
  /// through the symmetric B = ridge + √W K √W, whose eigenvalues are at least `ridge` however flat
  /// the loss is and however many rows are copies of each other.
  func direction(residuals: [Double], curvatures: [Double], ridge: Double) -> NewtonStep? {
    let count = point.count
    let roots = curvatures.map { $0.squareRoot() }
    var system = rowSystem(products, roots: roots, ridge: ridge)
    guard system.factorize() else { return nil }

    var force = residuals
    for index in 0..<count { force[index] -= ridge * point[index] }
    let forced = products.symmetricTimes(force)
    let shifted = products.symmetricTimes(curvatures)
    var sides = [Double](repeating: 0, count: 2 * count)
    for index in 0..<count {
      sides[index] = roots[index] * forced[index]
      sides[count + index] = roots[index] * shifted[index]
    }
    system.solve(&sides)
    var pull = force
    var shift = curvatures
    for index in 0..<count {
      pull[index] = (force[index] - roots[index] * sides[index]) / ridge
      shift[index] = (curvatures[index] - roots[index] * sides[count + index]) / ridge
    }
    interceptStep = (pull.reduce(0, +) + point.reduce(0, +)) / shift.reduce(0, +)
    step = pull
    for index in 0..<count { step[index] -= interceptStep * shift[index] }
    stepScores = products.symmetricTimes(step)
    return NewtonStep(
      scores: stepScores.map { $0 + interceptStep }, slope: dot(point[...], stepScores[...]),
      curvature: dot(step[...], stepScores[...]))
  }

  func move(by length: Double) {
    for index in point.indices {
      point[index] += length * step[index]
      pointScores[index] += length * stepScores[index]
    }
    intercept += length * interceptStep
  }

  func weights(
    _ features: borrowing DoubleMatrix, rows: [Int], _ standardization: Standardization
  ) -> [Double] {
    var scattered = [Double](repeating: 0, count: features.rows)
    for (place, row) in rows.enumerated() { scattered[row] = point[place] }
    var weights = features.transposedTimes(scattered)
    let total = point.reduce(0, +)
    for index in weights.indices {
      weights[index] =
        (weights[index] - total * standardization.means[index]) / standardization.scales[index]
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

private func dot(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>) -> Double {
  var sum = 0.0
  for (one, other) in zip(left, right) { sum += one * other }
  return sum
}
