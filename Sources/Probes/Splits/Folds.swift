import Inference

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

  /// Deals clusters out so that the two classes are most evenly spread.
  ///
  /// - Throws: `ProbeError` where folds are too few, or some training part would lack a class.
  package init(clusters: Clusters, labels: [Int], seed: UInt64) throws(ProbeError) {
    indices = try Self.deal(
      clusters, classes: labels, classCount: 2, seed: seed, stream: .folds)
    count = min(Self.usualCount, clusters.count)
    for label in 0...1 where !labels.contains(label) {
      throw .oneClass(label: 1 - label, rows: labels.count)
    }
    for label in 0...1 {
      let found = spread(labels.indices.filter { labels[$0] == label }, clusters)
      if found.folds < Self.leastCount {
        throw .classInTooFewFolds(
          label: label, folds: found.folds, groups: found.groups, needed: Self.leastCount)
      }
    }
    let hasPairs = (0..<count).contains { fold in Set(rows(in: fold).map { labels[$0] }).count == 2
    }
    guard hasPairs else { throw .noComparablePairs }
  }

  /// Deals clusters out so that each of several classes is most evenly spread; the caller looks
  /// whether every training part has all of them.
  init(clusters: Clusters, classes: [Int], classCount: Int, seed: UInt64) throws(ProbeError) {
    self.init(
      indices: try Self.deal(
        clusters, classes: classes, classCount: classCount, seed: seed, stream: .outcomeFolds))
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

  /// Every two folds, once.
  var pairs: [(one: Int, other: Int)] {
    (0..<count).flatMap { one in (one + 1..<max(count, one + 1)).map { (one: one, other: $0) } }
  }

  /// Rows of all folds but the named ones, in order.
  package func rows(outside folds: Int...) -> [Int] { rows(outside: folds) }

  /// Rows of all folds but the listed ones, in order.
  package func rows(outside folds: [Int]) -> [Int] {
    indices.indices.filter { !folds.contains(indices[$0]) }
  }

  /// In how many folds, and in how many clusters, some rows are.
  func spread(_ rows: [Int], _ clusters: Clusters) -> (folds: Int, groups: Int) {
    (Set(rows.map { indices[$0] }).count, Set(rows.map { clusters.indices[$0] }).count)
  }

  /// The fold of each row: clusters dealt out the largest first, each to the fold where it leaves the
  /// classes most evenly spread; clusters of one size in an order drawn from the seed.
  private static func deal(
    _ clusters: Clusters, classes: [Int], classCount: Int, seed: UInt64, stream: RandomStream
  ) throws(ProbeError) -> [Int] {
    precondition(
      clusters.indices.count == classes.count,
      "\(clusters.indices.count) rows in clusters, \(classes.count) classes")
    guard clusters.count >= leastCount else {
      throw .tooFewGroups(found: clusters.count, needed: leastCount)
    }
    let none = [Double](repeating: 0, count: classCount)
    var sizes = [[Double]](repeating: none, count: clusters.count)
    var totals = none
    for (cluster, place) in zip(clusters.indices, classes) {
      sizes[cluster][place] += 1
      totals[place] += 1
    }
    var generator = SeededGenerator(seed: seed, stream: stream)
    var drawn = Array(0..<clusters.count)
    generator.shuffle(&drawn)
    var rank = [Int](repeating: 0, count: clusters.count)
    for (place, cluster) in drawn.enumerated() { rank[cluster] = place }
    let rowCounts = sizes.map { $0.reduce(0, +) }
    drawn.sort { (rowCounts[$1], rank[$0]) < (rowCounts[$0], rank[$1]) }

    var filled = [[Double]](repeating: none, count: min(usualCount, clusters.count))
    var foldOf = [Int](repeating: 0, count: clusters.count)
    for cluster in drawn {
      // Growth of the sum, over folds and classes, of the squared share of the class in the fold.
      let growth = filled.map { fold in
        (0..<classCount).reduce(0.0) { sum, place in
          let added = sizes[cluster][place]
          if added == 0 { return sum }
          return sum + added * (2 * fold[place] + added) / (totals[place] * totals[place])
        }
      }
      var best = 0
      for fold in filled.indices where growth[fold] < growth[best] { best = fold }
      foldOf[cluster] = best
      for place in 0..<classCount { filled[best][place] += sizes[cluster][place] }
    }
    return clusters.indices.map { foldOf[$0] }
  }
}
