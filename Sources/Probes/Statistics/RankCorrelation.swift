/// Spearman's correlation within folds, sorted once so that a bootstrap draw costs one pass.
///
/// Predictions of different folds are of different probes, so only ranks within a fold are correlated;
/// the folds' correlations are averaged, each weighing as many rows as it has.
package struct RankCorrelation {
  /// Rows of one fold, and the same rows in the order of the truth and of the prediction.
  private struct Fold {
    let rows: [Int]
    let orders: [Order]
  }
  /// Rows in rank order, in runs that are tied.
  private typealias Order = [[Int]]
  private let folds: [Fold]
  private let rowCount: Int

  /// Sorts rows by fold, then by each side.
  package init(_ one: [Double], _ other: [Double], folds: [Int]) {
    precondition(
      one.count == other.count && one.count == folds.count,
      "\(one.count) and \(other.count) values, \(folds.count) folds")
    rowCount = one.count
    self.folds = Set(folds).sorted().map { fold in
      let rows = folds.indices.filter { folds[$0] == fold }
      return Fold(rows: rows, orders: [one, other].map { Self.order(rows, $0) })
    }
  }

  /// The correlation with every row counted as often as a draw has it; nil where no fold has two
  /// different values on both sides.
  package func value(times: (Int) -> Int) -> Double? {
    var sum = 0.0
    var total = 0
    var ranks = [[Double]](repeating: [Double](repeating: 0, count: rowCount), count: 2)
    for fold in folds {
      var count = 0
      for (side, order) in fold.orders.enumerated() {
        count = 0
        for tied in order {
          let size = tied.reduce(0) { $0 + times($1) }
          let rank = Double(count) + Double(size + 1) / 2
          for row in tied { ranks[side][row] = rank }
          count += size
        }
      }
      let middle = Double(count + 1) / 2
      var (product, square, otherSquare) = (0.0, 0.0, 0.0)
      for row in fold.rows {
        let weight = Double(times(row))
        let (one, other) = (ranks[0][row] - middle, ranks[1][row] - middle)
        product += weight * one * other
        square += weight * one * one
        otherSquare += weight * other * other
      }
      guard square > 0, otherSquare > 0 else { continue }
      sum += Double(count) * product / (square * otherSquare).squareRoot()
      total += count
    }
    return total == 0 ? nil : sum / Double(total)
  }

  private static func order(_ rows: [Int], _ values: [Double]) -> Order {
    var runs: Order = []
    var last: Double?
    for row in rows.sorted(by: { (values[$0], $0) < (values[$1], $1) }) {
      if values[row] == last {
        runs[runs.count - 1].append(row)
      } else {
        runs.append([row])
      }
      last = values[row]
    }
    return runs
  }
}
