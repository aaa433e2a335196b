import Kernels

/// The second derivatives of a logistic objective somewhere near, factored, for all training parts.
///
/// With D the mean curvature of the rows, m the mean of the vectors weighted by it, and W the rows of
/// `√D (z - m)`, the second derivatives are `Wᵀ W + ridge` in the weights and the sum of D in an
/// intercept that moves along with m. Parts differ from it by the rows they leave out, so it is no
/// substitute for their own second derivatives, but conjugate gradients need few steps when they see the
/// world through it.
struct SharedCurvature: ~Copyable {
  /// Rows of W where there are fewer rows than components; the system is then one of rows.
  private let weighted: FloatMatrix
  /// Lower triangle of `Wᵀ W`, or of `W Wᵀ`.
  private let products: FloatMatrix
  private let solvesByRow: Bool
  private let means: [Double]
  private let total: Double
  private var ridge = 0.0
  private var factor = FloatMatrix(rows: 0, width: 0)

  /// A ridge below this share of the mean eigenvalue would drown in rounding.
  private static let rounding = 1e-5

  /// Measures the curvature of rows.
  init(_ design: borrowing PartedDesign, curvatures: [Double]) {
    total = curvatures.reduce(0, +)
    var means = [Double](repeating: 0, count: design.width)
    for row in 0..<design.rowCount where curvatures[row] > 0 {
      let values = design.values.row(row)
      let share = curvatures[row] / total
      for column in means.indices { means[column] += share * values[column] }
    }
    self.means = means
    var weighted = FloatMatrix(rows: design.rowCount, width: design.width)
    for row in 0..<design.rowCount {
      let root = curvatures[row].squareRoot()
      let values = design.values.row(row)
      var target = weighted.mutableRows(row..<row + 1)
      for column in means.indices {
        target[column] = Float(root * (values[column] - means[column]))
      }
    }
    solvesByRow = design.rowCount < design.width
    products = solvesByRow ? weighted.rowProducts() : weighted.columnProducts()
    self.weighted = solvesByRow ? weighted : FloatMatrix(rows: 0, width: design.width)
  }

  /// Factors the system for a ridge, or for a larger one where rounding asks for it.
  mutating func factorize(ridge: Double) {
    let order = products.width
    var diagonal = 0.0
    for index in 0..<order { diagonal += Double(products[rows: index..<index + 1][index]) }
    self.ridge = max(ridge, Self.rounding * diagonal / Double(max(order, 1)))
    if factor.rowCapacity < order { factor = FloatMatrix(rows: order, width: order) }
    copySystem()
    while !factor.factorize() {
      self.ridge *= 10
      copySystem()
    }
  }

  private mutating func copySystem() {
    let (order, addend) = (products.width, Float(ridge))
    factor.copyRows(0..<order, of: products, to: 0)
    for index in 0..<order {
      var row = factor.mutableRows(index..<index + 1)
      row[index] += addend
    }
  }

  /// The steps that these second derivatives give for slopes.
  func steps(_ slopes: [LinearSlope]) -> [LinearSlope] {
    var sides = FloatMatrix(rows: slopes.count, width: means.count)
    for (place, slope) in slopes.enumerated() {
      var target = sides.mutableRows(place..<place + 1)
      for column in means.indices {
        target[column] = Float(slope.weights[column] - means[column] * slope.intercept)
      }
    }
    solve(&sides, count: slopes.count)
    return slopes.enumerated().map { place, slope in
      let found = sides[rows: place..<place + 1]
      let weights = means.indices.map { Double(found[$0]) }
      var intercept = slope.intercept / total
      for column in means.indices { intercept -= means[column] * weights[column] }
      return LinearSlope(weights: weights, intercept: intercept)
    }
  }

  private func solve(_ sides: inout FloatMatrix, count: Int) {
    guard solvesByRow else { return factor.solve(&sides, rows: count) }
    // (Wᵀ W + r)⁻¹ v = (v - Wᵀ (W Wᵀ + r)⁻¹ W v) / r
    var inner = FloatMatrix(rows: count, width: weighted.rowCapacity)
    sides.multiplyTransposed(weighted, rows: count, into: &inner)
    factor.solve(&inner, rows: count)
    var outer = FloatMatrix(rows: count, width: weighted.width)
    inner.multiply(weighted, rows: count, into: &outer)
    let correction = outer[rows: 0..<count]
    var target = sides.mutableRows(0..<count)
    let scale = Float(1 / ridge)
    for index in target.indices { target[index] = scale * (target[index] - correction[index]) }
  }
}
