import Probes

/// Words that the page, the Markdown and the terminal share.
extension ProbeReport {
  /// What the labels mean, such as `harmful (1) against harmless (0)`.
  func labelMeaning(_ escape: (String) -> String) -> String {
    "\(escape(origin.meaningOfOne)) (1) against \(escape(origin.meaningOfZero)) (0)"
  }

  /// How many prompts of what there are.
  var sampleSentence: String {
    let sample = analysis.sample
    return """
      \(counted(sample.rows, "prompt")), \(sample.positives) of class 1, in \
      \(counted(sample.groups, "group"))
      """
  }
}

extension Baseline {
  /// The baseline's name in a sentence.
  var words: String {
    switch self {
    case .prevalence: "prevalence"
    case .length: "length"
    case .punctuation: "punctuation"
    case .bagOfTokens: "bag of tokens"
    case .naiveBayes: "naive Bayes"
    case .embedding: "token embeddings"
    }
  }
}

extension ProbeKind {
  /// The kind's name in a table.
  var words: String {
    switch self {
    case .logistic: "logistic"
    case .massMean: "mass-mean"
    case .lda: "LDA"
    }
  }
}
