import ModelFiles
package import Statistics

extension Clusters {
  /// Joins prompts that share something.
  ///
  /// Two prompts are in one cluster when they share a group, a pair or their text, or are linked by a chain of
  /// such ties.
  package init(_ prompts: [ProbePrompt]) {
    var ties: [(Int, Int)] = []
    for key in [\ProbePrompt.group, \.pair, \.textDigest] {
      var firsts: [ByteString: Int] = [:]
      for row in prompts.indices {
        guard let value = prompts[row][keyPath: key], !value.bytes.isEmpty else { continue }
        if let first = firsts[value] { ties.append((first, row)) } else { firsts[value] = row }
      }
    }
    self = Clusters(indices: Array(prompts.indices)).joining(ties)
  }
}
