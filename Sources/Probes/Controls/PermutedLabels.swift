import Inference
import Kernels

/// Label columns of which the first is true and the others mean nothing, and the statistic that both are
/// judged by.
///
/// Ridge regression solves for all columns with one factor per training part, so that two hundred
/// permutations cost less than one logistic path.
struct PermutedLabels: Sendable {
  /// What was exchanged.
  let exchange: PermutationNull.Exchange
  /// The label columns, `[column][row]`.
  private let columns: [[Int]]

  /// How strongly the ridge regression is held back, whatever the features.
  static let penalty = RidgePenalty.share(1)

  /// Draws permutations.
  init(
    labels: [Int], clusters: Clusters, sources: Sources?, draws: Int, seed: UInt64
  ) {
    let shuffle = LabelShuffle(labels: labels, clusters: clusters, sources: sources?.indices)
    var generator = SeededGenerator(seed: seed, stream: .permutations)
    exchange = shuffle.exchange
    columns = [labels] + (0..<draws).map { _ in shuffle.draw(&generator) }
  }

  /// The area of every column's own ridge probe on held-out folds.
  func areas(_ features: borrowing DoubleMatrix, folds: Folds) -> [Double] {
    let scores = ridgeScores(features, columns: columns, folds: folds)
    return zip(scores, columns).map { quickArea($0, labels: $1, folds: folds) }
  }

  /// The null of the largest area over the grid.
  func null(_ cells: [JudgedCell]) -> PermutationNull {
    var best = (cell: 0, area: -Double.infinity)
    for (index, cell) in cells.enumerated() where cell.permutedAreas[0] > best.area {
      best = (index, cell.permutedAreas[0])
    }
    let null = columns.indices.dropFirst().map { column in
      cells.reduce(-Double.infinity) { max($0, $1.permutedAreas[column]) }
    }
    let reaching = null.count { $0 >= best.area }
    return PermutationNull(
      exchange: exchange, observed: best.area, cell: cells[best.cell].result.cell.name,
      null: null.sorted(), pValue: Double(1 + reaching) / Double(1 + null.count))
  }
}

/// Held-out scores of ridge regressions on label columns, `[column][row]`; above zero decides for class 1.
func ridgeScores(
  _ features: borrowing DoubleMatrix, columns: [[Int]], folds: Folds
) -> [[Double]] {
  let count = folds.indices.count
  var targets = DoubleMatrix(rows: count, columns: columns.count)
  for index in 0..<count {
    var row = targets.mutableRow(index)
    for column in columns.indices { row[column] = columns[column][index] == 1 ? 1 : -1 }
  }
  let scores = RidgeCrossFit(features: features, folds: folds.indices, foldCount: folds.count)
    .outOfFold(targets: targets, penalties: [PermutedLabels.penalty])
  return columns.indices.map { scores.column(penalty: 0, target: $0) }
}
