public import Kernels

/// What the rows of a report need beyond the store; rows that need what is missing are not run.
public struct ProbeCompanions: Sendable {
  /// The model that the activations are of.
  public var model: ModelCompanion?
  /// Other stores.
  public var transfer: [TransferSet]

  /// Joins what there is.
  public init(model: ModelCompanion? = nil, transfer: [TransferSet] = []) {
    self.model = model
    self.transfer = transfer
  }
}

/// The model behind a store, with the prompts of the dataset.
public struct ModelCompanion: Sendable {
  /// The checks, over all prompts of the dataset.
  public let checks: ModelChecks
  /// How the model's refusals begin.
  public let opening: RefusalOpening
  /// The precision that the store was captured with.
  public let precision: Precision

  /// Joins checks with what they need.
  public init(checks: ModelChecks, opening: RefusalOpening, precision: Precision) {
    self.checks = checks
    self.opening = opening
    self.precision = precision
  }
}
