/// How the angle gap is measured.
public struct GapOptions: Codable, Sendable, Equatable {
  /// The most prompts drawn of either class.
  public var promptsPerClass: Int
  /// Random pairs of each type.
  public var pairs: Int
  /// Bootstrap draws behind every interval.
  public var draws: Int
  /// Exchanges of labels behind the threshold.
  public var permutations: Int
  /// How much higher harmless prompts' cosine must be for the rule of an earlier replication; nil leaves that
  /// rule out.
  public var legacyMargin: Double?

  /// The settings of the paper, and ours where it has none.
  public init(
    promptsPerClass: Int = 100, pairs: Int = 500, draws: Int = 1000, permutations: Int = 1000,
    legacyMargin: Double? = nil
  ) {
    precondition(
      promptsPerClass > 1 && pairs > 1 && draws > 0 && permutations >= 19,
      "\(promptsPerClass) prompts, \(pairs) pairs, \(draws) draws, \(permutations) permutations")
    self.promptsPerClass = promptsPerClass
    self.pairs = pairs
    self.draws = draws
    self.permutations = permutations
    self.legacyMargin = legacyMargin
  }
}
