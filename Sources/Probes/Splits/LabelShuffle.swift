package import Inference

/// Exchanges labels between prompts that would be alike if labels meant nothing.
///
/// Labels move inside a group, so that whatever tells groups apart is the same in every draw. Groups that
/// have one class only exchange that class as a whole. Nothing moves from one source to another.
package struct LabelShuffle {
  /// What is exchanged.
  package let exchange: PermutationNull.Exchange
  private let labels: [Int]
  /// Rows of groups with both classes, each exchanging within itself.
  private let mixed: [[Int]]
  /// For each source, the groups of one class, exchanging as wholes.
  private let pure: [[[Int]]]

  /// Divides rows by cluster and source.
  ///
  /// - Parameters:
  ///   - labels: 0 or 1 for each row.
  ///   - clusters: the groups.
  ///   - sources: the source of each row, numbered; nil where there is none.
  package init(labels: [Int], clusters: Clusters, sources: [Int]?) {
    var strata: [[Int]: [Int]] = [:]
    for row in labels.indices {
      strata[[sources?[row] ?? 0, clusters.indices[row]], default: []].append(row)
    }
    var mixed: [[Int]] = []
    var pure: [Int: [[Int]]] = [:]
    for (key, rows) in strata.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      if rows.contains(where: { labels[$0] != labels[rows[0]] }) {
        mixed.append(rows)
      } else {
        pure[key[0], default: []].append(rows)
      }
    }
    self.labels = labels
    self.mixed = mixed
    self.pure = pure.sorted { $0.key < $1.key }.map(\.value)
    let moves = pure.values.contains { groups in
      groups.contains { labels[$0[0]] != labels[groups[0][0]] }
    }
    exchange =
      mixed.isEmpty
      ? moves ? .wholeGroups : .impossible : pure.isEmpty ? .withinGroups : .both
  }

  /// Labels exchanged at random.
  package func draw(_ generator: inout SeededGenerator) -> [Int] {
    var result = labels
    for rows in mixed {
      var values = rows.map { labels[$0] }
      generator.shuffle(&values)
      for (row, value) in zip(rows, values) { result[row] = value }
    }
    for groups in pure {
      var values = groups.map { labels[$0[0]] }
      generator.shuffle(&values)
      for (rows, value) in zip(groups, values) {
        for row in rows { result[row] = value }
      }
    }
    return result
  }
}
