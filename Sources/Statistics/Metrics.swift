/// Area under the ROC curve: how often a positive scores above a negative, a tie counting one half.
///
/// - Parameters:
///   - scores: one per row, finite.
///   - labels: 0 or 1 per row.
/// - Returns: nil when either class is missing.
public func areaUnderROC(scores: [Double], labels: [Int]) -> Double? {
  RankedScores(scores: scores, labels: labels, folds: [Int](repeating: 0, count: scores.count))
    .areaUnderROC
}

/// Mean of the share of positives and the share of negatives that were decided right.
///
/// A score above zero decides "positive". Decisions, unlike scores, are on one scale whichever fold's
/// probe made them, so they are counted over all rows together.
///
/// - Returns: nil when either class is missing.
public func balancedAccuracy(scores: [Double], labels: [Int]) -> Double? {
  precondition(scores.count == labels.count, "\(scores.count) scores, \(labels.count) labels")
  var right = [0, 0]
  var total = [0, 0]
  for (score, label) in zip(scores, labels) {
    total[label] += 1
    if (score > 0) == (label == 1) { right[label] += 1 }
  }
  guard total[0] > 0, total[1] > 0 else { return nil }
  return (Double(right[0]) / Double(total[0]) + Double(right[1]) / Double(total[1])) / 2
}

/// Out-of-fold scores sorted once, so that the area under the ROC curve costs one pass per bootstrap
/// draw.
///
/// Each fold was scored by its own probe, and scores of different probes share no scale: pooling
/// them would compare a positive of one fold with a negative of another through an offset that says
/// nothing about either. (A probe that knows only the prevalence of its training part would then
/// score below one half, because a fold with more positives leaves fewer to train on.) So only
/// pairs *within* a fold are compared, and the area is the share of those pairs that are in order,
/// over all folds: the mean of the folds' own areas, each weighted by its number of pairs.
package struct RankedScores {
  /// One row in rank order: which fold and which tie it belongs to, and its label.
  private struct Entry {
    let row: Int32
    let isPositive: Bool
    let startsTie: Bool
    let startsFold: Bool
  }
  private let entries: [Entry]

  /// Sorts rows by fold, then by score.
  package init(scores: [Double], labels: [Int], folds: [Int]) {
    precondition(
      scores.count == labels.count && scores.count == folds.count,
      "\(scores.count) scores, \(labels.count) labels, \(folds.count) folds")
    let order = scores.indices.sorted {
      (folds[$0], scores[$0], $0) < (folds[$1], scores[$1], $1)
    }
    var entries: [Entry] = []
    entries.reserveCapacity(order.count)
    for (rank, row) in order.enumerated() {
      let isNewFold = rank == 0 || folds[order[rank - 1]] != folds[row]
      entries.append(
        Entry(
          row: Int32(row), isPositive: labels[row] == 1,
          startsTie: isNewFold || scores[order[rank - 1]] != scores[row], startsFold: isNewFold))
    }
    self.entries = entries
  }

  /// The area with every row counted once.
  package var areaUnderROC: Double? {
    areaUnderROC { _ in 1 }
  }

  /// The area with every row counted as often as a bootstrap draw has it.
  ///
  /// Counts are whole numbers, so the result does not depend on the order of summation.
  package func areaUnderROC(times: (Int) -> Int) -> Double? {
    var pairs = 0
    var twiceOrdered = 0
    var foldPositives = 0
    var foldNegatives = 0
    var tiePositives = 0
    var tieNegatives = 0
    for entry in entries {
      if entry.startsTie {
        twiceOrdered += tiePositives * (2 * foldNegatives + tieNegatives)
        foldPositives += tiePositives
        foldNegatives += tieNegatives
        tiePositives = 0
        tieNegatives = 0
      }
      if entry.startsFold {
        pairs += foldPositives * foldNegatives
        foldPositives = 0
        foldNegatives = 0
      }
      let count = times(Int(entry.row))
      if entry.isPositive { tiePositives += count } else { tieNegatives += count }
    }
    twiceOrdered += tiePositives * (2 * foldNegatives + tieNegatives)
    pairs += (foldPositives + tiePositives) * (foldNegatives + tieNegatives)
    return pairs == 0 ? nil : Double(twiceOrdered) / 2 / Double(pairs)
  }
}
