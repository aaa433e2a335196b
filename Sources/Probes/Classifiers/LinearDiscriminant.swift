import Foundation
package import Kernels

/// Fits linear discriminant analysis with shrinkage on some rows of raw features `[row, width]`, in
/// which both classes occur.
///
/// The weights are S⁻¹(µ₁ - µ₀) on features standardised over the rows, S being the mean of the
/// classes' own covariances, each shrunk and then weighted by its share of the rows. Without a given
/// shrinkage, a class's correlations are shrunk by Ledoit and Wolf's share towards no correlation;
/// with one, its covariance is shrunk by that share towards its mean variance times the identity.
/// Both are what scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr")` does. The score is the
/// log odds of class 1, the classes being as frequent as among the rows.
///
/// A given shrinkage is above 0 and at most 1.
package func linearDiscriminantProbe(
  _ features: borrowing DoubleMatrix, rows: [Int], labels: [Int], shrinkage: Double? = nil
) -> LinearProbe {
  precondition(shrinkage.map { $0 > 0 && $0 <= 1 } ?? true, "shrinkage \(shrinkage ?? 0)")
  let standardization = Standardization(features, rows: rows, isScaled: true)
  let standardized = standardization.applied(to: features, rows: rows)
  let isWide = rows.count < features.columns
  let classes = (0...1).map { label in
    let members = rows.indices.filter { labels[rows[$0]] == label }
    precondition(!members.isEmpty, "no row of class \(label) to average")
    return ClassScatter(
      standardized, members: members, share: Double(members.count) / Double(rows.count),
      shrinkage: shrinkage, isWide: isWide)
  }
  let difference = zip(classes[1].means, classes[0].means).map { $0 - $1 }
  let weights =
    isWide
    ? solvedByRows(standardized, classes, difference)
    : solvedByComponents(standardized, classes, difference)
  var intercept = log(classes[1].share / classes[0].share)
  for index in weights.indices {
    intercept -= weights[index] * (classes[1].means[index] + classes[0].means[index]) / 2
  }
  return standardization.folded(weights: weights, intercept: intercept)
}

/// A class's part in the pooled covariance: its own, times a factor, and a diagonal.
private struct ClassScatter {
  let members: [Int]
  let share: Double
  let means: [Double]
  /// What the class's covariance is multiplied by.
  let factor: Double
  /// What it adds to the diagonal.
  let diagonal: [Double]

  init(
    _ standardized: borrowing DoubleMatrix, members: [Int], share: Double, shrinkage: Double?,
    isWide: Bool
  ) {
    let own = Standardization(standardized, rows: members, isScaled: shrinkage == nil)
    let rows = own.applied(to: standardized, rows: members)
    let count = Double(members.count)
    let width = Double(standardized.columns)
    var trace = 0.0
    var fourths = 0.0
    for index in 0..<rows.rows {
      let values = rows.row(index)
      var square = 0.0
      for column in values.indices { square += values[column] * values[column] }
      trace += square / count
      fourths += square * square / count
    }
    let used =
      shrinkage
      ?? ledoitWolfShare(
        trace: trace, fourths: fourths, squares: squaredCovariances(rows, isWide: isWide),
        rows: count, width: width)
    self.members = members
    self.share = share
    means = own.means
    factor = share * (1 - used)
    diagonal = own.scales.map { share * used * trace / width * $0 * $0 }
  }
}

/// How far Ledoit and Wolf shrink a covariance towards its mean variance times the identity.
///
/// The trace is the sum of the variances, `squares` the sum of the squared covariances, and `fourths`
/// the mean of the fourth powers of the rows' lengths.
func ledoitWolfShare(
  trace: Double, fourths: Double, squares: Double, rows: Double, width: Double
) -> Double {
  // One component has nothing to be shrunk towards but itself.
  if width == 1 { return 0 }
  let distance = squares - trace * trace / width
  let error = min((fourths - squares) / rows, distance)
  return error > 0 ? error / distance : 0
}

/// The sum of the squared covariances of centred rows, from whichever inner products are fewer.
private func squaredCovariances(_ rows: borrowing DoubleMatrix, isWide: Bool) -> Double {
  let size = isWide ? rows.rows : rows.columns
  var products = DoubleMatrix(rows: size, columns: size)
  if isWide {
    rows.rowProducts(into: &products)
  } else {
    rows.columnProducts(into: &products)
  }
  return products.squaredLower(divisors: [Double](repeating: 1, count: size))
    / (Double(rows.rows) * Double(rows.rows))
}

extension DoubleMatrix {
  /// The sum of the squares of a symmetric matrix, of which only the lower triangle is read, after
  /// dividing rows and columns by the roots of the divisors.
  func squaredLower(divisors: [Double]) -> Double {
    let factors = divisors.map { 1 / $0 }
    var sum = 0.0
    for index in 0..<rows {
      let values = row(index)
      var below = 0.0
      for column in 0..<index { below += values[column] * values[column] * factors[column] }
      sum += factors[index] * (2 * below + values[index] * values[index] * factors[index])
    }
    return sum
  }
}

/// The rows of both classes around their means, times the roots of their weights in the covariance.
private func weighted(
  _ standardized: borrowing DoubleMatrix, _ classes: [ClassScatter], divisors: [Double]
) -> DoubleMatrix {
  var result = DoubleMatrix(rows: standardized.rows, columns: standardized.columns)
  for part in classes {
    let root = (part.factor / Double(part.members.count)).squareRoot()
    for row in part.members {
      let values = standardized.row(row)
      var target = result.mutableRow(row)
      for column in target.indices {
        target[column] = root * (values[column] - part.means[column]) / divisors[column]
      }
    }
  }
  return result
}

/// Where no class varies its variance is taken for this share of the whole, so that S is invertible.
let leastVariance = 1e-9

private func diagonal(_ classes: [ClassScatter]) -> [Double] {
  zip(classes[0].diagonal, classes[1].diagonal).map { max($0 + $1, leastVariance) }
}

/// S⁻¹ times a vector through the Cholesky factor of S.
private func solvedByComponents(
  _ standardized: borrowing DoubleMatrix, _ classes: [ClassScatter], _ vector: [Double]
) -> [Double] {
  let rows = weighted(
    standardized, classes, divisors: [Double](repeating: 1, count: vector.count))
  var covariance = DoubleMatrix(rows: vector.count, columns: vector.count)
  rows.columnProducts(into: &covariance)
  for (index, value) in diagonal(classes).enumerated() {
    var row = covariance.mutableRow(index)
    row[index] += value
  }
  let isDefinite = covariance.factorize()
  precondition(isDefinite, "a covariance with a positive diagonal added has no Cholesky factor")
  var result = vector
  covariance.solve(&result)
  return result
}

/// The same with one unknown per row.
///
/// S is D + Z'Z, D its diagonal part and Z the weighted rows, so
///
///     S⁻¹ = D⁻¹ - D⁻¹ Z' (1 + Z D⁻¹ Z')⁻¹ Z D⁻¹
private func solvedByRows(
  _ standardized: borrowing DoubleMatrix, _ classes: [ClassScatter], _ vector: [Double]
) -> [Double] {
  let roots = diagonal(classes).map { $0.squareRoot() }
  let rows = weighted(standardized, classes, divisors: roots)
  var system = DoubleMatrix(rows: rows.rows, columns: rows.rows)
  rows.rowProducts(into: &system)
  for index in 0..<rows.rows {
    var row = system.mutableRow(index)
    row[index] += 1
  }
  let isDefinite = system.factorize()
  precondition(isDefinite, "one plus inner products has no Cholesky factor")
  let scaled = zip(vector, roots).map { $0 / $1 }
  var unknowns = rows.times(scaled)
  system.solve(&unknowns)
  let removed = rows.transposedTimes(unknowns)
  return scaled.indices.map { (scaled[$0] - removed[$0]) / roots[$0] }
}
