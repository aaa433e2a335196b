/// How the causal check is run.
public struct CausalOptions: Codable, Sendable, Equatable {
  /// The most prompts drawn of either class.
  public var promptsPerClass: Int
  /// Random directions beside the probe's; the smallest p-value is one over one more than these.
  public var randomDirections: Int
  /// The length of what is added, as a share of the site's median norm.
  public var strength: Double
  /// Another length to add: how far apart the class means are along the direction.
  public var classGap: Double?
  /// What the components of a random direction are multiplied by before it gets its length.
  ///
  /// For a probe on standardised vectors: one over their standard deviations. Nil for all alike.
  public var componentScales: [Double]?
  /// Bootstrap draws behind every interval.
  public var draws: Int

  /// The settings that reports are compared at.
  public init(
    promptsPerClass: Int = 48, randomDirections: Int = 19, strength: Double = 0.1,
    classGap: Double? = nil, componentScales: [Double]? = nil, draws: Int = 2000
  ) {
    precondition(
      promptsPerClass > 0 && randomDirections > 0 && draws > 0,
      "\(promptsPerClass) prompts, \(randomDirections) random directions, \(draws) draws")
    precondition(
      strength > 0 && classGap ?? 1 > 0, "adding \(strength) of the norm, a gap of \(classGap ?? 1)"
    )
    self.promptsPerClass = promptsPerClass
    self.randomDirections = randomDirections
    self.strength = strength
    self.classGap = classGap
    self.componentScales = componentScales
    self.draws = draws
  }
}
