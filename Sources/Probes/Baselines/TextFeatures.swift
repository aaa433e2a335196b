import Kernels

extension Baseline {
  /// The most token ids that a bag distinguishes: those found in the most prompts.
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

  /// How often each punctuation mark occurs in a text, and 1 for the one it ends with:
  /// `[prompt, 2 × mark]`.
  ///
  /// What all texts have in common at their end is the template's, or tells nothing, and is left out.
  static func punctuation(_ texts: [String]) -> DoubleMatrix {
    let scalars = texts.map { Array($0.unicodeScalars) }
    var common = scalars.map(\.count).min() ?? 0
    for text in scalars.dropFirst() {
      var shared = 0
      while shared < common,
        text[text.count - 1 - shared] == scalars[0][scalars[0].count - 1 - shared]
      { shared += 1 }
      common = shared
    }
    var marks: [Unicode.Scalar: Int] = [:]
    for text in scalars {
      for scalar in text where scalar.isPunctuation && marks[scalar] == nil {
        marks[scalar] = marks.count
      }
    }
    var features = DoubleMatrix(rows: texts.count, columns: max(1, 2 * marks.count))
    for (index, text) in scalars.enumerated() {
      var row = features.mutableRow(index)
      let own = text.dropLast(common)
      for scalar in own {
        if let mark = marks[scalar] { row[mark] += 1 }
      }
      if let last = own.last, let mark = marks[last] { row[marks.count + mark] = 1 }
    }
    return features
  }
}

extension Unicode.Scalar {
  /// Whether this is a punctuation mark.
  fileprivate var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }
}
