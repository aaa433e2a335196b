public import Statistics

/// How often the likeliest choice is the right one, before and after.
public struct UtilityComparison: Codable, Sendable, Equatable {
  /// Right choices.
  public let correct: PairedComparison
  /// Whether ability held.
  public let verdict: UtilityVerdict

  init(_ questions: [EncodedQuestion], before: [Int], after: [Int], margins: AuditMargins) {
    func isRight(_ chosen: [Int]) -> [Bool] { zip(questions, chosen).map { $0.answer == $1 } }
    correct = PairedComparison(before: isRight(before), after: isRight(after), bootstrap: nil)
    verdict = UtilityVerdict(correct.difference, margin: margins.utility)
  }
}

/// The loss of harmless texts, before and after.
public struct HeldOutComparison: Codable, Sendable, Equatable {
  /// How many texts.
  public let texts: Int
  /// How many tokens of answers.
  public let tokens: Int
  /// Mean loss of a token before, nats.
  public let before: Estimate
  /// The same after.
  public let after: Estimate
  /// How much it rose.
  public let increase: Estimate

  init?(_ texts: [EncodedText], before: [Double], after: [Double], draws: Int, seed: UInt64) {
    let counts = texts.map { Double($0.response.count) }
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(indices: Array(texts.indices)), draws: draws, seed: seed)
    guard let first = bootstrap.ratio(before, over: counts),
      let second = bootstrap.ratio(after, over: counts),
      let increase = bootstrap.ratio(zip(after, before).map { $0 - $1 }, over: counts)
    else { return nil }
    self.texts = texts.count
    tokens = texts.reduce(0) { $0 + $1.response.count }
    self.before = first
    self.after = second
    self.increase = increase
  }
}
