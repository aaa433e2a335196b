/// A split of the prompts into parts that share no cluster.
///
/// The same folds serve twice. Each is held out once as the *outer* fold; every choice made for it
/// (penalty, layer, kind of probe) rests on the *inner* folds, which are the other outer folds: a
/// model fitted without folds i and j scores fold j as an inner fold of i, and fold i as an inner fold
/// of j. No choice ever sees the fold it is judged on, and each fit serves both.
public struct Folds: Sendable {
  /// How many folds there are.
  public let count: Int
  /// The fold of each row.
  public let indices: [Int]

  /// Folds that are used when there are clusters enough.
  public static let usualCount = 5
  /// With fewer, nothing is left to train on when an outer and an inner fold are taken away.
  public static let leastCount = 3

  /// Deals clusters out to folds, the largest first, each to the fold where it leaves the two
  /// classes most evenly spread; clusters of one size in an order drawn from the seed.
  package init(clusters: Clusters, labels: [Int], seed: UInt64) throws(ProbeError) {
    precondition(
      clusters.indices.count == labels.count,
      "\(clusters.indices.count) rows in clusters, \(labels.count) labels")
    guard clusters.count >= Self.leastCount else {
      throw .tooFewGroups(found: clusters.count, needed: Self.leastCount)
    }
    let totals = [labels.count { $0 == 0 }, labels.count { $0 == 1 }]
    for label in 0...1 where totals[label] == 0 {
      throw .oneClass(label: 1 - label, rows: labels.count)
    }
    var sizes = [[Int]](repeating: [0, 0], count: clusters.count)
    for (cluster, label) in zip(clusters.indices, labels) { sizes[cluster][label] += 1 }

    var generator = SeededGenerator(seed: seed, stream: 1)
    var drawn = Array(0..<clusters.count)
    generator.shuffle(&drawn)
    var rank = [Int](repeating: 0, count: clusters.count)
    for (place, cluster) in drawn.enumerated() { rank[cluster] = place }
    drawn.sort {
      (sizes[$1][0] + sizes[$1][1], rank[$0]) < (sizes[$0][0] + sizes[$0][1], rank[$1])
    }

    let count = min(Self.usualCount, clusters.count)
    var filled = [[Int]](repeating: [0, 0], count: count)
    var foldOf = [Int](repeating: 0, count: clusters.count)
    for cluster in drawn {
      // Growth of the sum, over folds and classes, of the squared share of the class in the fold.
      let growth = filled.map { fold in
        (0...1).reduce(0.0) { sum, label in
          let added = Double(sizes[cluster][label])
          let total = Double(totals[label])
          return sum + added * (2 * Double(fold[label]) + added) / (total * total)
        }
      }
      var best = 0
      for fold in 1..<count where growth[fold] < growth[best] { best = fold }
      foldOf[cluster] = best
      for label in 0...1 { filled[best][label] += sizes[cluster][label] }
    }
    self.count = count
    self.indices = clusters.indices.map { foldOf[$0] }

    for label in 0...1 {
      let having = filled.count { $0[label] > 0 }
      if having < Self.leastCount {
        throw .classInTooFewFolds(
          label: label, folds: having, groups: sizes.count { $0[label] > 0 },
          needed: Self.leastCount)
      }
    }
    guard filled.contains(where: { $0[0] > 0 && $0[1] > 0 }) else { throw .noComparablePairs }
  }

  /// Folds that were dealt elsewhere, numbered from 0.
  package init(indices: [Int]) {
    self.indices = indices
    count = (indices.max() ?? -1) + 1
  }

  /// Rows of one fold, in order.
  package func rows(in fold: Int) -> [Int] {
    indices.indices.filter { indices[$0] == fold }
  }

  /// Rows of all folds but the named ones, in order.
  package func rows(outside folds: Int...) -> [Int] { rows(outside: folds) }

  /// Rows of all folds but the listed ones, in order.
  package func rows(outside folds: [Int]) -> [Int] {
    indices.indices.filter { !folds.contains(indices[$0]) }
  }
}
