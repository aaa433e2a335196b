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
    var numbers: [Int: Int] = [:]
    var indices: [Int] = []
    indices.reserveCapacity(prompts.count)
    for row in prompts.indices {
      let top = root(row)
      let number = numbers[top] ?? numbers.count
      numbers[top] = number
      indices.append(number)
    }
    self.indices = indices
    self.count = numbers.count
  }
}
