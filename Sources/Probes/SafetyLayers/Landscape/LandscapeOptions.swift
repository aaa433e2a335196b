/// How a model's surroundings in the space of weights are looked at.
public struct LandscapeOptions: Codable, Sendable, Equatable {
  /// Random directions.
  public var directions: Int
  /// How far weights are moved at most, as a share of each matrix's length.
  public var reach: Double
  /// Moves on either side of the model.
  public var stepsPerSide: Int
  /// The most prompts of either kind whose refusal is measured.
  public var promptsPerKind: Int
  /// The most prompts of either class that the probe is fitted on.
  public var trainingPerClass: Int
  /// The most prompts whose text's loss is measured.
  public var neutralPrompts: Int
  /// How much the loss may rise, in nats a token, before a model counts as broken.
  public var lossLimit: Double
  /// The most harmful prompts that a model on every second move replies to; 0 for none.
  public var repliedPrompts: Int
  /// The most tokens of such a reply.
  public var replyTokens: Int
  /// Bootstrap draws of directions behind every interval.
  public var draws: Int

  /// Fewest directions that say anything of the surroundings.
  public static let leastDirections = 5

  /// The settings that reports are compared at.
  public init(
    directions: Int = 5, reach: Double = 0.5, stepsPerSide: Int = 4, promptsPerKind: Int = 48,
    trainingPerClass: Int = 64, neutralPrompts: Int = 48, lossLimit: Double = 0.5,
    repliedPrompts: Int = 12, replyTokens: Int = 16, draws: Int = 2000
  ) {
    precondition(
      directions > 0 && reach > 0 && stepsPerSide > 0 && promptsPerKind > 0 && trainingPerClass > 0
        && neutralPrompts > 0 && lossLimit > 0 && draws > 0,
      "\(directions) directions, \(stepsPerSide) steps to \(reach)")
    self.directions = directions
    self.reach = reach
    self.stepsPerSide = stepsPerSide
    self.promptsPerKind = promptsPerKind
    self.trainingPerClass = trainingPerClass
    self.neutralPrompts = neutralPrompts
    self.lossLimit = lossLimit
    self.repliedPrompts = repliedPrompts
    self.replyTokens = replyTokens
    self.draws = draws
  }

  /// How far weights are moved, from one end to the other, through 0.
  package var alphas: [Double] {
    (-stepsPerSide...stepsPerSide).map { reach * Double($0) / Double(stepsPerSide) }
  }
}
