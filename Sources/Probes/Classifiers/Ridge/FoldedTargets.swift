import Kernels

/// Target columns sorted by fold and centred over all rows.
struct FoldedTargets: ~Copyable {
  /// `[sorted row, target]`.
  let values: DoubleMatrix
  /// What was taken from each column.
  let centers: [Double]
  /// Sum over each fold: `[fold, target]`.
  private let sums: DoubleMatrix

  init(_ targets: borrowing DoubleMatrix, _ rows: borrowing FoldedRows) {
    precondition(
      targets.rows == rows.order.count, "\(targets.rows) targets, \(rows.order.count) rows")
    let all = Standardization(targets, rows: rows.order, isScaled: false)
    centers = all.means
    values = all.applied(to: targets, rows: rows.order)
    sums = Self.sums(values, ranges: rows.ranges)
  }

  private static func sums(
    _ values: borrowing DoubleMatrix, ranges: [Range<Int>]
  ) -> DoubleMatrix {
    var sums = DoubleMatrix(rows: ranges.count, columns: values.columns)
    for (fold, range) in ranges.enumerated() {
      var sum = sums.mutableRow(fold)
      for row in range {
        let found = values.row(row)
        for column in found.indices { sum[column] += found[column] }
      }
    }
    return sums
  }

  /// Mean of every column over a training part.
  func means(_ part: TrainingPart) -> [Double] {
    var result = [Double](repeating: 0, count: values.columns)
    for fold in part.folds {
      let sum = sums.row(fold)
      for column in result.indices { result[column] += sum[column] }
    }
    return result.map { $0 / Double(part.count) }
  }
}
