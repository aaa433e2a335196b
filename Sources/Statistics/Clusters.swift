/// Sets of prompts that must stay on one side of every split.
///
/// Clusters are also what the bootstrap draws, since prompts of one topic are not independent evidence.
package struct Clusters: Sendable {
  /// The cluster of each prompt, numbered by first appearance.
  package let indices: [Int]
  /// Number of clusters.
  package let count: Int

  /// Takes clusters that were made elsewhere, and numbers them anew.
  package init(indices: [Int]) {
    var numbers: [Int: Int] = [:]
    self.indices = indices.map { index in
      let number = numbers[index] ?? numbers.count
      numbers[index] = number
      return number
    }
    count = numbers.count
  }

  /// These clusters, but those of tied rows made one.
  package func joining(_ ties: [(Int, Int)]) -> Clusters {
    if ties.isEmpty { return self }
    var parents = Array(0..<count)
    func root(_ cluster: Int) -> Int {
      var cluster = cluster
      while parents[cluster] != cluster {
        parents[cluster] = parents[parents[cluster]]
        cluster = parents[cluster]
      }
      return cluster
    }
    for (one, other) in ties { parents[root(indices[other])] = root(indices[one]) }
    return Clusters(indices: indices.map { root($0) })
  }
}
