/// How a model is compared with what a tuning made of it.
public struct DriftOptions: Codable, Sendable, Equatable {
  /// The most prompts of either class that probes are fitted on, and the most that they are judged on.
  public var promptsPerClass: Int
  /// Draws of groups behind every interval.
  public var draws: Int
  /// The most tokens of a reply along which next tokens are compared.
  public var tokens: Int
  /// The most prompts of either class whose replies are looked at.
  public var repliedPerClass: Int
  /// How much of the area under the ROC curve has to be lost to be called a loss.
  public var margin: Double
  /// The share of its length by which a vector has to change to be called changed.
  public var changedShare: Double
  /// How many tokens are the first ones.
  public var firstTokens: Int
  /// The divergence of next tokens, in nats, below which nothing is said to have changed.
  public var divergenceMargin: Double

  /// The settings that reports are compared at.
  public init(
    promptsPerClass: Int = 200, draws: Int = 1000, tokens: Int = 16, repliedPerClass: Int = 64,
    margin: Double = 0.05, changedShare: Double = 0.01, firstTokens: Int = 3,
    divergenceMargin: Double = 0.01
  ) {
    precondition(
      promptsPerClass > 0 && draws > 0 && tokens > 0 && repliedPerClass > 0 && firstTokens > 0,
      "\(promptsPerClass) prompts, \(draws) draws, \(tokens) tokens of \(repliedPerClass) replies")
    self.promptsPerClass = promptsPerClass
    self.draws = draws
    self.tokens = tokens
    self.repliedPerClass = repliedPerClass
    self.margin = margin
    self.changedShare = changedShare
    self.firstTokens = firstTokens
    self.divergenceMargin = divergenceMargin
  }
}
