import Foundation
package import Kernels

/// Linear discriminant analysis of many training parts that share their inner products.
///
/// A class's covariance in a part is the sum of its folds' own around the class's mean, so a part costs
/// one Cholesky factor. Where there are fewer rows than components each part is fitted by itself.
package struct DiscriminantCrossFit: ~Copyable {
  private let labels: [Int]
  private let folds: Folds
  private let isWide: Bool
  /// Sorted by fold and class: class c of fold f is the part 2 f + c.
  private let rows: FoldedRows
  /// Inner products of the columns in each fold and class, lower triangles.
  private let grams: DoubleMatrix

  /// Prepares raw features `[row, width]`.
  package init(_ features: borrowing DoubleMatrix, labels: [Int], folds: Folds) {
    self.labels = labels
    self.folds = folds
    isWide = features.rows < features.columns
    let cells = labels.indices.map { 2 * folds.indices[$0] + labels[$0] }
    rows = FoldedRows(features, folds: cells, foldCount: 2 * folds.count, isScaled: true)
    let width = features.columns
    var grams = DoubleMatrix(rows: isWide ? 0 : rows.ranges.count * width, columns: width)
    if !isWide {
      for (cell, range) in rows.ranges.enumerated() {
        rows.values.columnProducts(rows: range, into: &grams, at: cell * width)
      }
    }
    self.grams = grams
  }

  /// The probe that `linearDiscriminantProbe` fits on some rows, which are all rows of some folds; the
  /// features are the same again.
  package func probe(_ features: borrowing DoubleMatrix, rows training: [Int]) -> LinearProbe {
    if isWide { return linearDiscriminantProbe(features, rows: training, labels: labels) }
    let inside = Set(training.map { folds.indices[$0] }).sorted()
    let whole = rows.part(inside.flatMap { [2 * $0, 2 * $0 + 1] })
    precondition(whole.count == training.count, "\(training.count) rows are part of a fold")
    let width = features.columns
    var covariance = DoubleMatrix(rows: width, columns: width)
    var diagonal = [Double](repeating: 0, count: width)
    let classes = (0...1).map { label in
      let own = rows.part(inside.map { 2 * $0 + label })
      add(own, of: whole, to: &covariance, &diagonal)
      return own
    }
    for index in diagonal.indices {
      var row = covariance.mutableRow(index)
      row[index] += max(diagonal[index], leastVariance * whole.squaredScales[index])
    }
    let isDefinite = covariance.factorize()
    precondition(isDefinite, "a covariance with a positive diagonal added has no Cholesky factor")
    var weights = zip(classes[1].means, classes[0].means).map { $0 - $1 }
    covariance.solve(&weights)
    var intercept = log(Double(classes[1].count) / Double(classes[0].count))
    for index in weights.indices {
      intercept -= weights[index] * (classes[1].means[index] + classes[0].means[index]) / 2
    }
    return rows.overall.folded(weights: weights, intercept: intercept)
  }

  /// Adds a class's shrunk covariance, times its share of the part's rows: the full part to a lower
  /// triangle, what it is shrunk to to a diagonal.
  private func add(
    _ own: TrainingPart, of whole: TrainingPart, to covariance: inout DoubleMatrix,
    _ diagonal: inout [Double]
  ) {
    let width = covariance.columns
    let count = Double(own.count)
    // A component constant in one class alone has the spread of the whole part, as a unit to shrink in.
    let squares = own.squaredScales.indices.map {
      own.isConstant[$0] ? whole.squaredScales[$0] : own.squaredScales[$0]
    }
    var scatter = DoubleMatrix(rows: width, columns: width)
    for cell in own.folds { scatter.add(times: grams, from: cell * width) }
    scatter.addOuter(-count, own.means, own.means)
    let trace = own.meanEigenvalue * Double(width) / count
    let share = count / Double(whole.count)
    let used = ledoitWolfShare(
      trace: trace, fourths: meanFourthPower(own, squares),
      squares: scatter.squaredLower(divisors: squares) / (count * count), rows: count,
      width: Double(width))
    covariance.add(share * (1 - used) / count, times: scatter)
    for index in squares.indices {
      diagonal[index] += share * used * trace / Double(width) * squares[index]
    }
  }

  /// The mean over a part's rows of the squared length, squared, after standardising.
  private func meanFourthPower(_ part: TrainingPart, _ squares: [Double]) -> Double {
    let factors = squares.map { 1 / $0 }
    var sum = 0.0
    for cell in part.folds {
      for index in rows.ranges[cell] {
        let values = rows.values.row(index)
        var square = 0.0
        for column in values.indices {
          let difference = values[column] - part.means[column]
          square += difference * difference * factors[column]
        }
        sum += square * square
      }
    }
    return sum / Double(part.count)
  }
}
