/// How modules are disturbed and judged.
public struct ModuleOptions: Codable, Sendable, Equatable {
  /// What is done to a module.
  public var kind: ModuleDisturbance.Kind
  /// How much; nil calibrates it.
  public var strength: Double?
  /// Draws of a disturbance that is drawn; others are made once.
  public var repeats: Int
  /// Which modules are disturbed together.
  public var units: ModuleUnits
  /// Blocks of a window; nil takes an eighth of the depth.
  public var window: Int?
  /// The most prompts of either class that the classifiers are fitted on.
  public var trainingPerClass: Int
  /// The most prompts of either class that are read with disturbed modules.
  public var testPerClass: Int
  /// The mean sensitivity of whole blocks that a strength is calibrated to.
  public var target: Double
  /// Bootstrap draws behind the bands.
  public var draws: Int

  /// The settings that reports are compared at.
  public init(
    kind: ModuleDisturbance.Kind = .noise, strength: Double? = nil, repeats: Int = 3,
    units: ModuleUnits = .single, window: Int? = nil, trainingPerClass: Int = 400,
    testPerClass: Int = 100, target: Double = 0.3, draws: Int = 400
  ) {
    precondition(
      repeats > 0 && (window ?? 1) > 0 && trainingPerClass > 0 && testPerClass > 0 && target > 0
        && target < 1 && draws > 0,
      "\(repeats) draws, windows of \(window ?? 1), \(testPerClass) prompts of either class")
    self.kind = kind
    self.strength = strength
    self.repeats = repeats
    self.units = units
    self.window = window
    self.trainingPerClass = trainingPerClass
    self.testPerClass = testPerClass
    self.target = target
    self.draws = draws
  }

  /// How many draws are made.
  public var drawCount: Int { kind.isDrawn ? repeats : 1 }
}
