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

  /// Factors the second derivatives; false when they are not positive definite.
  ///
  /// A curvature is the second derivative of the loss by the score of a row; the ridge is the weight
  /// of half the squared length in the objective.
  func factorize(curvatures: [Double], ridge: Double) -> Bool

  /// The step that the factored second derivatives give for the present slope.
  ///
  /// A residual is the label minus the chance of a row. With the curvatures of the same point this is
  /// Newton's step, with those of a near one almost.
  func step(at point: LinearPoint, residuals: [Double], ridge: Double) -> LinearPoint

  /// Takes the standardised rows, with one more column, if it has to have them.
  func prepare(_ standardized: () -> DoubleMatrix)

  /// Gives back the memory of the rows and the factor.
  ///
  /// Many training parts wait for their next penalty at a time; between two all that a part keeps is where
  /// it is, and inner products of rows where those are few.
  func release()

  /// The weights of the standardised components; `rows` are the training rows among the features.
  func weights(
    _ point: LinearPoint, _ features: borrowing DoubleMatrix, rows: [Int],
    _ standardization: Standardization
  ) -> [Double]
}

/// One unknown per component: its weight.
final class ComponentSpace: NewtonSpace {
  let unknownCount: Int
  /// Standardised rows with a last column of ones.
  private var design = DoubleMatrix(rows: 0, columns: 0)
  private var hessian = DoubleMatrix(rows: 0, columns: 0)

  init(componentCount: Int) {
    unknownCount = componentCount
  }

  func prepare(_ standardized: () -> DoubleMatrix) {
    design = standardized()
    for index in 0..<design.rows {
      var row = design.mutableRow(index)
      row[unknownCount] = 1
    }
  }

  func inner(_ one: LinearPoint, _ other: LinearPoint) -> Double {
    dot(one.unknowns, other.unknowns)
  }

  func factorize(curvatures: [Double], ridge: Double) -> Bool {
    hessian = componentHessian(design, curvatures: curvatures, ridge: ridge)
    return hessian.factorize()
  }

  func release() {
    design = DoubleMatrix(rows: 0, columns: 0)
    hessian = DoubleMatrix(rows: 0, columns: 0)
  }

  func step(at point: LinearPoint, residuals: [Double], ridge: Double) -> LinearPoint {
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
  /// Factor of `ridge + √W K √W`, the √W it was made with, and what a unit of intercept shifts.
  private var system = DoubleMatrix(rows: 0, columns: 0)
  private var roots: [Double] = []
  private var shift: [Double] = []

  init(_ standardized: borrowing DoubleMatrix) {
    var products = DoubleMatrix(rows: standardized.rows, columns: standardized.rows)
    standardized.rowProducts(into: &products)
    self.products = products
  }

  var unknownCount: Int { products.rows }

  func prepare(_ standardized: () -> DoubleMatrix) {}

  func inner(_ one: LinearPoint, _ other: LinearPoint) -> Double {
    dot(one.unknowns, other.scores)
  }

  func factorize(curvatures: [Double], ridge: Double) -> Bool {
    roots = curvatures.map { $0.squareRoot() }
    system = rowSystem(products, roots: roots, ridge: ridge)
    guard system.factorize() else { return false }
    shift = solved(curvatures, ridge: ridge)
    return true
  }

  func release() {
    system = DoubleMatrix(rows: 0, columns: 0)
  }

  /// Solves the bordered system of the unknowns and the intercept.
  ///
  /// With W the curvatures and r the residuals, the step is the solution of
  ///
  ///     (W K + ridge) δa + W 1 δb = r - ridge a,   1 · δa = -(1 · a)
  func step(at point: LinearPoint, residuals: [Double], ridge: Double) -> LinearPoint {
    var force = residuals
    for row in force.indices { force[row] -= ridge * point.unknowns[row] }
    var step = solved(force, ridge: ridge)
    let excess = step.reduce(0, +) + point.unknowns.reduce(0, +)
    let intercept = excess / shift.reduce(0, +)
    for row in step.indices { step[row] -= intercept * shift[row] }
    return LinearPoint(
      unknowns: step, scores: products.symmetricTimes(step), intercept: intercept)
  }

  /// Solves `(W K + ridge) x = side` through the symmetric `B = ridge + √W K √W`.
  ///
  /// The eigenvalues of B are at least `ridge`, however flat the loss is and however many rows are
  /// copies of each other.
  private func solved(_ side: [Double], ridge: Double) -> [Double] {
    var inner = products.symmetricTimes(side)
    for row in inner.indices { inner[row] *= roots[row] }
    system.solve(&inner)
    return side.indices.map { (side[$0] - roots[$0] * inner[$0]) / ridge }
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
