import Inference
import ModelFiles

/// Prompts that share a pair and differ in class.
struct ContrastPairs: Sendable {
  /// The two rows of each pair, in an order drawn by lot: files often have one class first.
  let rows: [[Int]]
  /// 1 where the first row of the pair is of class 1.
  let labels: [Int]

  /// Finds the pairs; a pair of one class, or of more than two prompts, is none.
  init(_ prompts: [ProbePrompt], seed: UInt64) {
    var members: [ByteString: [Int]] = [:]
    for (row, prompt) in prompts.enumerated() {
      if let pair = prompt.pair, !pair.bytes.isEmpty { members[pair, default: []].append(row) }
    }
    var generator = SeededGenerator(seed: seed, stream: .contrastPairs)
    rows = members.values
      .filter { $0.count == 2 && prompts[$0[0]].label != prompts[$0[1]].label }
      .sorted { $0[0] < $1[0] }
      .map { generator.below(2) == 0 ? $0 : $0.reversed() }
    labels = rows.map { prompts[$0[0]].label }
  }
}
