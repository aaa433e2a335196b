import Kernels

/// How a training part's normal equations are made from work that all parts share.
protocol RidgeForm: AnyObject {
  /// Prepares for other targets.
  func prepare(_ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows)

  /// Prepares a training part, for any penalty.
  func prepare(
    _ part: TrainingPart, _ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows)

  /// Coefficients of every target at a penalty, `[target, unknown]`, for the part prepared last.
  func coefficients(alpha: Double) -> DoubleMatrix

  /// What a unit of every unknown scores on average over the rows of the part prepared last.
  var unknownMeans: [Double] { get }

  /// Scores of a run of sorted rows, `[row, target]`, by coefficients of the part prepared last.
  func scores(
    _ coefficients: borrowing DoubleMatrix, rows run: Range<Int>, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix

  /// What the coefficients stand for: weights of the values, `[target, width]`.
  func weights(
    _ coefficients: borrowing DoubleMatrix, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix
}

/// One unknown per component; the Gram matrix of a part is the sum of its folds' own.
///
/// With µ the part's mean and n its rows, the centred Gram matrix is G - n µ µ'. Scaling by the part's
/// standard deviations s is left to the penalty: weights v of unscaled components cost alpha |s v|².
final class ComponentRidge: RidgeForm {
  /// Inner products of the columns in each fold, lower triangles: `[fold × width, width]`.
  private let grams: DoubleMatrix
  /// Inner products of targets and columns in each fold: `[fold × target, width]`.
  private var crosses = DoubleMatrix(rows: 0, columns: 0)
  private var gram: DoubleMatrix
  private var cross = DoubleMatrix(rows: 0, columns: 0)
  private var system: DoubleMatrix
  private var squaredScales: [Double] = []
  private(set) var unknownMeans: [Double] = []

  init(_ rows: borrowing FoldedRows) {
    let width = rows.values.columns
    var grams = DoubleMatrix(rows: rows.ranges.count * width, columns: width)
    for (fold, range) in rows.ranges.enumerated() {
      rows.values.columnProducts(rows: range, into: &grams, at: fold * width)
    }
    self.grams = grams
    gram = DoubleMatrix(rows: width, columns: width)
    system = DoubleMatrix(rows: width, columns: width)
  }

  func prepare(_ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows) {
    let count = targets.values.columns
    var crosses = DoubleMatrix(rows: rows.ranges.count * count, columns: rows.values.columns)
    for (fold, range) in rows.ranges.enumerated() {
      targets.values.transposedTimes(rows.values, rows: range, into: &crosses, at: fold * count)
    }
    self.crosses = crosses
  }

  func prepare(
    _ part: TrainingPart, _ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows
  ) {
    let width = rows.values.columns
    let count = targets.values.columns
    let rowCount = Double(part.count)
    gram = DoubleMatrix(rows: width, columns: width)
    cross = DoubleMatrix(rows: count, columns: width)
    for fold in part.folds {
      gram.add(times: grams, from: fold * width)
      cross.add(times: crosses, from: fold * count)
    }
    gram.addOuter(-rowCount, part.means, part.means)
    cross.addOuter(-rowCount, targets.means(part), part.means)
    squaredScales = part.squaredScales
    unknownMeans = part.means
  }

  func coefficients(alpha: Double) -> DoubleMatrix {
    system.assign(gram)
    for (index, square) in squaredScales.enumerated() {
      var row = system.mutableRow(index)
      row[index] += alpha * square
    }
    return solved(&system, cross, alpha: alpha)
  }

  func scores(
    _ coefficients: borrowing DoubleMatrix, rows run: Range<Int>, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix {
    rows.values.timesTransposed(coefficients, rows: run)
  }

  func weights(
    _ coefficients: borrowing DoubleMatrix, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix {
    var copy = DoubleMatrix(rows: coefficients.rows, columns: coefficients.columns)
    copy.assign(coefficients)
    return copy
  }
}

/// One unknown per row: the weights are the sum of the training rows, each times its unknown.
///
/// The inner products of the rows are shared by all parts, or made for each part where it is scaled
/// by its own standard deviations. Those of the centred rows are k(i, j) - k̄(i) - k̄(j) + k̄, the means
/// being over the part.
final class RowRidge: RidgeForm {
  /// Inner products of all sorted rows, both triangles.
  private var products = DoubleMatrix(rows: 0, columns: 0)
  /// The sorted rows of the part, and their centred inner products, lower triangle.
  private var members: [Int] = []
  private var centered = DoubleMatrix(rows: 0, columns: 0)
  private var sides = DoubleMatrix(rows: 0, columns: 0)
  private var system = DoubleMatrix(rows: 0, columns: 0)
  private var squaredScales: [Double] = []
  private(set) var unknownMeans: [Double] = []

  init(_ rows: borrowing FoldedRows) {
    if !rows.isScaled {
      products = innerProducts(
        rows, squaredScales: [Double](repeating: 1, count: rows.values.columns))
    }
  }

  func prepare(_ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows) {}

  func prepare(
    _ part: TrainingPart, _ targets: borrowing FoldedTargets, _ rows: borrowing FoldedRows
  ) {
    squaredScales = part.squaredScales
    if rows.isScaled { products = innerProducts(rows, squaredScales: squaredScales) }
    members = part.folds.flatMap { Array(rows.ranges[$0]) }
    var inPart = [Double](repeating: 0, count: products.rows)
    for row in members { inPart[row] = 1 / Double(members.count) }
    unknownMeans = products.times(inPart)
    let rowMeans = members.map { unknownMeans[$0] }
    let mean = rowMeans.reduce(0, +) / Double(members.count)
    var centered = DoubleMatrix(rows: members.count, columns: members.count)
    for (place, row) in members.enumerated() {
      let values = products.row(row)
      var target = centered.mutableRow(place)
      for other in 0...place {
        target[other] = values[members[other]] - rowMeans[place] - rowMeans[other] + mean
      }
    }
    self.centered = centered
    system = DoubleMatrix(rows: members.count, columns: members.count)

    let targetMeans = targets.means(part)
    var sides = DoubleMatrix(rows: targetMeans.count, columns: members.count)
    for target in targetMeans.indices {
      var side = sides.mutableRow(target)
      for (place, row) in members.enumerated() {
        side[place] = targets.values.row(row)[target] - targetMeans[target]
      }
    }
    self.sides = sides
  }

  /// Scattered over all sorted rows: zero for those outside the part.
  func coefficients(alpha: Double) -> DoubleMatrix {
    system.assign(centered)
    for index in members.indices {
      var row = system.mutableRow(index)
      row[index] += alpha
    }
    let unknowns = solved(&system, sides, alpha: alpha)
    var result = DoubleMatrix(rows: unknowns.rows, columns: products.rows)
    for target in 0..<unknowns.rows {
      let values = unknowns.row(target)
      var scattered = result.mutableRow(target)
      for (place, row) in members.enumerated() { scattered[row] = values[place] }
    }
    return result
  }

  func scores(
    _ coefficients: borrowing DoubleMatrix, rows run: Range<Int>, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix {
    products.timesTransposed(coefficients, rows: run)
  }

  func weights(
    _ coefficients: borrowing DoubleMatrix, _ rows: borrowing FoldedRows
  ) -> DoubleMatrix {
    var weights = coefficients.times(rows.values)
    for target in 0..<weights.rows {
      var row = weights.mutableRow(target)
      for column in row.indices { row[column] /= squaredScales[column] }
    }
    return weights
  }
}

/// Inner products of all sorted rows after dividing every component by its squared scale.
private func innerProducts(
  _ rows: borrowing FoldedRows, squaredScales: [Double]
) -> DoubleMatrix {
  let scales = squaredScales.map { $0.squareRoot() }
  var scaled = DoubleMatrix(rows: rows.values.rows, columns: rows.values.columns)
  for index in 0..<scaled.rows {
    let values = rows.values.row(index)
    var target = scaled.mutableRow(index)
    for column in target.indices { target[column] = values[column] / scales[column] }
  }
  var products = DoubleMatrix(rows: scaled.rows, columns: scaled.rows)
  scaled.rowProducts(into: &products)
  products.mirrorLower()
  return products
}

/// Factors the system in place and solves it for every row of the sides.
private func solved(
  _ system: inout DoubleMatrix, _ sides: borrowing DoubleMatrix, alpha: Double
) -> DoubleMatrix {
  let isDefinite = system.factorize()
  precondition(isDefinite, "alpha \(alpha) is too small for these features")
  var result = DoubleMatrix(rows: sides.rows, columns: sides.columns)
  result.assign(sides)
  system.solve(rowsOf: &result)
  return result
}
