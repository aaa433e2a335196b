import Kernels

/// A predictor that looks at the prompt's text alone; a probe is worth what it adds to the best.
public enum Baseline: String, Codable, Sendable, CaseIterable {
  /// Always the same answer; only the shares of the classes are known.
  case prevalence
  /// Number of tokens in the user's text.
  case length
  /// Which token ids occur in the user's text.
  case bagOfTokens = "bag_of_tokens"
}

extension Baseline {
  /// The most token ids that the bag distinguishes: those found in the most prompts.
  ///
  /// Chosen without looking at labels, and far above what a few thousand prompts use.
  static let vocabularyLimit = 4096

  /// Number of tokens in each prompt's text: `[prompt, 1]`.
  static func lengths(_ prompts: [ProbePrompt]) -> DoubleMatrix {
    var features = DoubleMatrix(rows: prompts.count, columns: 1)
    for (index, prompt) in prompts.enumerated() {
      var row = features.mutableRow(index)
      row[0] = Double(prompt.userTokens.count)
    }
    return features
  }

  /// 1 where a token id occurs in a prompt's text, 0 elsewhere: `[prompt, token id]`.
  ///
  /// An id that no training prompt has gets weight 0 from the penalty, so the vocabulary needs no
  /// choice inside the fold.
  static func bags(_ prompts: [ProbePrompt]) -> DoubleMatrix {
    let bags = prompts.map { Set($0.userTokens) }
    var promptCounts: [Int32: Int] = [:]
    for bag in bags {
      for token in bag { promptCounts[token, default: 0] += 1 }
    }
    let kept = promptCounts.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }
      .prefix(vocabularyLimit)
    var columns: [Int32: Int] = [:]
    for (column, token) in kept.enumerated() { columns[token.key] = column }
    var features = DoubleMatrix(rows: prompts.count, columns: kept.count)
    for (index, bag) in bags.enumerated() {
      var row = features.mutableRow(index)
      for token in bag {
        if let column = columns[token] { row[column] = 1 }
      }
    }
    return features
  }
}
