/// How a refusal direction is looked for.
public struct DirectionOptions: Codable, Sendable, Equatable {
  /// The most prompts of either class whose difference of means is taken.
  public var trainingPerClass: Int
  /// The most prompts of either class that candidates are chosen by.
  public var developmentPerClass: Int
  /// The most prompts of either class that the chosen one is reported on.
  public var testPerClass: Int
  /// Whether prompts are kept whatever the model does; otherwise those of class 1 that it would not refuse
  /// and those of class 0 that it would are left out.
  public var keepsAllPrompts: Bool
  /// Random unit directions, and directions of shuffled labels, beside the chosen one.
  public var nullDirections: Int
  /// Random halves that are compared.
  public var halves: Int
  /// Harmless prompts whose replies the loss is measured on.
  public var repliedPrompts: Int
  /// The most tokens of such a reply.
  public var replyTokens: Int
  /// Bootstrap draws behind every interval.
  public var draws: Int
  /// What a candidate must keep to.
  public var limits: DirectionLimits

  /// The settings that reports are compared at.
  public init(
    trainingPerClass: Int = 128, developmentPerClass: Int = 32, testPerClass: Int = 32,
    keepsAllPrompts: Bool = false, nullDirections: Int = 20, halves: Int = 100,
    repliedPrompts: Int = 16, replyTokens: Int = 24, draws: Int = 2000,
    limits: DirectionLimits = DirectionLimits()
  ) {
    precondition(
      trainingPerClass > 0 && developmentPerClass > 0 && testPerClass > 0 && draws > 0,
      "\(trainingPerClass), \(developmentPerClass) and \(testPerClass) prompts, \(draws) draws")
    self.trainingPerClass = trainingPerClass
    self.developmentPerClass = developmentPerClass
    self.testPerClass = testPerClass
    self.keepsAllPrompts = keepsAllPrompts
    self.nullDirections = nullDirections
    self.halves = halves
    self.repliedPrompts = repliedPrompts
    self.replyTokens = replyTokens
    self.draws = draws
    self.limits = limits
  }
}

/// What a candidate for the refusal direction must keep to, by arXiv 2406.11717.
public struct DirectionLimits: Codable, Sendable, Equatable {
  /// Candidates from this share of the layers on are discarded.
  public var layerShare: Double
  /// The largest divergence of harmless answers when it is projected out.
  public var divergence: Double
  /// The least R of harmless prompts when it is added.
  public var induced: Double

  /// The published limits.
  public init(layerShare: Double = 0.8, divergence: Double = 0.1, induced: Double = 0) {
    self.layerShare = layerShare
    self.divergence = divergence
    self.induced = induced
  }

  /// Why a candidate is discarded; empty where it is not.
  ///
  /// - Parameters:
  ///   - layer: its layer.
  ///   - layerCount: how many there are.
  ///   - scores: its mean scores; nil where it has none, or they are no numbers.
  /// - Returns: every reason.
  func faults(layer: Int, layerCount: Int, _ scores: DirectionScores?) -> [CandidateFault] {
    var faults: [CandidateFault] = []
    if layer >= Int(layerShare * Double(layerCount)) { faults.append(.late) }
    guard let scores else { return faults + [.undefined] }
    if scores.divergence.value > divergence { faults.append(.divergent) }
    if scores.induced.value < induced { faults.append(.notInducing) }
    return faults
  }
}

/// Why a candidate for the refusal direction is discarded.
public enum CandidateFault: String, Codable, Sendable, CaseIterable {
  /// It has no direction, or a score that is no number.
  case undefined
  /// Its layer is too near the end.
  case late
  /// Projecting it out changes harmless answers too much.
  case divergent
  /// Adding it makes no refusals.
  case notInducing = "not_inducing"
}
