import Kernels

/// How far the vectors of both classes moved behind one layer, in every draw of prompts.
struct DrawnStream: Sendable {
  let harmful: DrawnFigure
  let harmless: DrawnFigure

  /// Compares the same prompts' rows in two models.
  init(
    from before: SharedRows, to after: SharedRows, labels: [Int], _ bootstrap: ClusterBootstrap
  ) {
    let changes = labels.indices.map { row in
      RowChange(from: before[rows: row..<row + 1], to: after[rows: row..<row + 1]).relative
    }
    func mean(_ label: Int) -> DrawnFigure {
      bootstrap.drawnRatio(
        zip(changes, labels).map { $1 == label ? $0 : 0 },
        over: labels.map { $0 == label ? 1 : 0 })
    }
    (harmful, harmless) = (mean(1), mean(0))
  }

  /// Both classes and their difference.
  var judged: [DrawnFigure] { [harmful, harmless, harmful.minus(harmless)] }
}
