import Kernels

/// Scores by row, penalty and target.
package struct RidgeScores: ~Copyable {
  /// How many targets were fitted together.
  package let targetCount: Int
  /// `[row, penalty × target]`.
  private var values: DoubleMatrix

  init(rows: Int, targets: Int, penalties: Int) {
    targetCount = targets
    values = DoubleMatrix(rows: rows, columns: targets * penalties)
  }

  /// One score.
  package subscript(row row: Int, penalty penalty: Int, target target: Int) -> Double {
    values.row(row)[penalty * targetCount + target]
  }

  /// The scores of all rows for one target at one penalty.
  package func column(penalty: Int, target: Int) -> [Double] {
    (0..<values.rows).map { self[row: $0, penalty: penalty, target: target] }
  }

  /// Keeps a row's scores of all targets at one penalty.
  mutating func set(_ scores: Span<Double>, row: Int, penalty: Int) {
    let first = penalty * targetCount
    var target = values.mutableRow(row)
    for index in scores.indices { target[first + index] = scores[index] }
  }
}
