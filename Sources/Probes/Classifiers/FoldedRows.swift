import Kernels

/// Features sorted by fold, with what it takes to standardise any union of folds.
///
/// The values are standardised over all rows, which changes no result: it keeps sums over folds from
/// losing digits, and every training part is centred and scaled by its own mean and spread after that.
struct FoldedRows: ~Copyable {
  /// The row of the features that each sorted row is.
  let order: [Int]
  /// The sorted rows of each fold.
  let ranges: [Range<Int>]
  /// How the values were standardised.
  let overall: Standardization
  /// Whether training parts are divided by their standard deviations.
  let isScaled: Bool
  /// `[sorted row, width]`.
  let values: DoubleMatrix
  private let moments: FoldMoments

  init(_ features: borrowing DoubleMatrix, folds: [Int], foldCount: Int, isScaled: Bool) {
    precondition(folds.count == features.rows, "\(folds.count) folds, \(features.rows) rows")
    var order: [Int] = []
    var ranges: [Range<Int>] = []
    for fold in 0..<foldCount {
      let first = order.count
      order += folds.indices.filter { folds[$0] == fold }
      ranges.append(first..<order.count)
    }
    precondition(order.count == folds.count, "a fold is not below \(foldCount)")
    self.order = order
    self.ranges = ranges
    self.isScaled = isScaled
    overall = Standardization(features, rows: order, isScaled: isScaled)
    values = overall.applied(to: features, rows: order)
    moments = FoldMoments(values, ranges: ranges)
  }

  /// Mean and variance of every component over the rows of some folds.
  func part(_ folds: [Int]) -> TrainingPart {
    let count = folds.reduce(0) { $0 + ranges[$1].count }
    precondition(count > 0, "no row in folds \(folds)")
    let width = values.columns
    var mean = [Double](repeating: 0, count: width)
    for fold in folds {
      let size = Double(ranges[fold].count)
      let found = moments.means.row(fold)
      for column in mean.indices { mean[column] += size * found[column] }
    }
    for column in mean.indices { mean[column] /= Double(count) }
    var spread = [Double](repeating: 0, count: width)
    for fold in folds {
      let size = Double(ranges[fold].count)
      let (found, inside) = (moments.means.row(fold), moments.spreads.row(fold))
      for column in mean.indices {
        let difference = found[column] - mean[column]
        spread[column] += inside[column] + size * difference * difference
      }
    }
    let eigenvalues = spread.reduce(0, +)
    guard isScaled else {
      return TrainingPart(
        folds: folds, count: count, means: mean,
        squaredScales: [Double](repeating: 1, count: width), isConstant: [],
        meanEigenvalue: eigenvalues / Double(max(width, 1)))
    }
    let isConstant = spread.indices.map { column in
      let variance = spread[column] / Double(count)
      // What rounding alone leaves of a component that is constant in this part.
      let size = abs(mean[column]) + abs(overall.means[column] / overall.scales[column])
      let noise = Double(count) * Double.ulpOfOne * size
      return variance <= Double(count) * Double.ulpOfOne * variance + noise * noise
    }
    let varying = isConstant.count { !$0 }
    return TrainingPart(
      folds: folds, count: count, means: mean,
      squaredScales: spread.indices.map { isConstant[$0] ? 1 : spread[$0] / Double(count) },
      isConstant: isConstant,
      meanEigenvalue: Double(count * varying) / Double(max(width, 1)))
  }
}

/// Some folds to train on, and how their rows are standardised.
struct TrainingPart {
  let folds: [Int]
  /// Number of rows.
  let count: Int
  let means: [Double]
  /// Variance of each component; 1 where it does not vary, and everywhere when parts are not scaled.
  let squaredScales: [Double]
  /// Whether each component does not vary in this part; empty when parts are not scaled.
  let isConstant: [Bool]
  /// Trace over width of the Gram matrix of the standardised rows.
  let meanEigenvalue: Double
}

/// Mean of each fold, and the sum of squared deviations from it: `[fold, width]`.
private struct FoldMoments: ~Copyable {
  let means: DoubleMatrix
  let spreads: DoubleMatrix

  init(_ values: borrowing DoubleMatrix, ranges: [Range<Int>]) {
    var means = DoubleMatrix(rows: ranges.count, columns: values.columns)
    var spreads = DoubleMatrix(rows: ranges.count, columns: values.columns)
    for (fold, range) in ranges.enumerated() {
      var mean = means.mutableRow(fold)
      for row in range {
        let found = values.row(row)
        for column in found.indices { mean[column] += found[column] / Double(range.count) }
      }
      var spread = spreads.mutableRow(fold)
      for row in range {
        let found = values.row(row)
        for column in found.indices {
          let difference = found[column] - mean[column]
          spread[column] += difference * difference
        }
      }
    }
    self.means = means
    self.spreads = spreads
  }
}
