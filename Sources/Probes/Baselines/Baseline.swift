/// A predictor that looks at the prompt's text alone; a probe is worth what it adds to the best.
public enum Baseline: String, Codable, Sendable, CaseIterable {
  /// Always the same answer; only the shares of the classes are known.
  case prevalence
  /// Number of tokens in the user's text.
  case length
  /// Punctuation marks: how many of each, and which one the text ends with.
  case punctuation
  /// Which token ids occur in the user's text, by logistic regression.
  case bagOfTokens = "bag_of_tokens"
  /// Which token ids occur in the user's text, by naive Bayes.
  case naiveBayes = "naive_bayes"
  /// Mean of the user's token embeddings, by logistic regression: what the model's input says before any
  /// block.
  case embedding
}
