import ModelFiles

/// Sets of prompts that must stay on one side of every split.
///
/// Two prompts are in one cluster when they share a group, a pair or their text, or are linked by
/// a chain of such ties. Clusters are also what the bootstrap draws, since prompts of one topic are
/// not independent evidence.
package struct Clusters {
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

  /// Joins prompts that share something.
  package init(_ prompts: [ProbePrompt]) {
    var parents = Array(prompts.indices)
    func root(_ row: Int) -> Int {
      var row = row
      while parents[row] != row {
        parents[row] = parents[parents[row]]
        row = parents[row]
      }
      return row
    }
    for key in [\ProbePrompt.group, \.pair, \.textDigest] {
      var firsts: [ByteString: Int] = [:]
      for row in prompts.indices {
        guard let value = prompts[row][keyPath: key], !value.bytes.isEmpty else { continue }
        if let first = firsts[value] {
          parents[root(row)] = root(first)
        } else {
          firsts[value] = row
        }
      }
    }
    self.init(indices: prompts.indices.map { root($0) })
  }
}
