public import Inference

/// What a tuning did to the separation of harmful from harmless prompts, and to the modules it rests on.
public struct ModuleComparison: Codable, Sendable, Equatable {
  /// What became of the separation.
  public enum Outcome: String, Codable, Sendable {
    /// The classifier of the model before still tells the prompts apart.
    case held
    /// It does not, but one fitted anew does.
    case moved
    /// Neither does.
    case gone
  }

  /// What a unit's disturbance does before and after.
  public struct Difference: Codable, Sendable, Equatable {
    /// The modules.
    public let unit: ModuleUnit
    /// Mean sensitivity before.
    public let sensitivityBefore: Double
    /// Mean sensitivity after.
    public let sensitivityAfter: Double
    /// How much more of the area is lost after than before, with a band that holds for all units together.
    public let change: Estimate?
  }

  /// What became of the separation.
  public let outcome: Outcome
  /// The classifier of the model before, on the model after.
  public let carried: SeparationFigures
  /// A classifier fitted anew, on the model after.
  public let refitted: SeparationFigures
  /// The map of the model before.
  public let before: ModuleMap
  /// The map of the model after, by the classifier fitted anew; nil where that is unusable.
  public let after: ModuleMap?
  /// The maps' differences; empty without a second map.
  public let differences: [Difference]
  /// What standard errors were multiplied by for the bands.
  public let bandFactor: Double?
  /// Which modules' changes do it, by the classifier of the model before.
  public let attribution: DeltaAttribution
}

/// What the changes of groups of modules do by themselves, and what is left without them.
public struct DeltaAttribution: Codable, Sendable, Equatable {
  /// Modules of one kind in a third of the depth.
  public struct Group: Codable, Sendable, Equatable {
    /// The modules.
    public let unit: ModuleUnit
    /// Length of the change of their weights.
    public let weightChange: Double
    /// The model before with their changes alone.
    public let sufficiency: SeparationFigures
    /// The model after without their changes.
    public let necessity: SeparationFigures
  }

  /// The model before.
  public let before: SeparationFigures
  /// The model after.
  public let after: SeparationFigures
  /// The model before with the changes of all projections.
  public let allChanges: SeparationFigures
  /// The model after without them.
  public let noChanges: SeparationFigures
  /// The groups, kind by kind from the first third on.
  public let groups: [Group]

  /// Whether the projections' changes are all there is: with them the model before is the model after.
  public var isWhole: Bool { allChanges == after && noChanges == before }
}

/// A tuned model beside the one it was tuned from.
public struct TunedModel {
  /// The tuned model with the same prompts.
  let checks: ModelChecks
  /// Its weights.
  let weights: any WeightSource

  /// Joins the files and the checks of a tuned model.
  public init(_ model: AdaptedModel, _ checks: ModelChecks) {
    self.init(model.weights, checks)
  }

  /// The same of weights from anywhere.
  package init(_ weights: any WeightSource, _ checks: ModelChecks) {
    self.weights = weights
    self.checks = checks
  }
}
