import ModelFiles

/// Prompts that share a pair and differ in class.
struct ContrastPairs: Sendable {
  /// The two rows of each pair, in the order of the prompts.
  let rows: [[Int]]
  /// 1 where the first row of the pair is of class 1.
  let labels: [Int]

  /// Finds the pairs; a pair of one class, or of more than two prompts, is none.
  init(_ prompts: [ProbePrompt]) {
    var members: [ByteString: [Int]] = [:]
    for (row, prompt) in prompts.enumerated() {
      if let pair = prompt.pair, !pair.bytes.isEmpty { members[pair, default: []].append(row) }
    }
    rows = members.values
      .filter { $0.count == 2 && prompts[$0[0]].label != prompts[$0[1]].label }
      .sorted { $0[0] < $1[0] }
    labels = rows.map { prompts[$0[0]].label }
  }
}
