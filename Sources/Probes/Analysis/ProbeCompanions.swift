/// What the rows of a report need beyond the store.
///
/// Everything is optional: rows that need what is missing say that they were not run. Values are of all
/// prompts of the dataset, in its order.
public struct ProbeCompanions: Sendable {
  /// Mean embeddings of the user's tokens, `[prompt, d_model]`.
  public var embeddings: [Float]?
  /// The model's own refusal log-odds at the end of each prompt, and how its refusal tokens were found.
  public var refusal: (scores: [Double], tokens: String)?
  /// Vectors of a cell in a model of the same shape with random weights, `[prompt, width]`.
  public var untrained: (@Sendable (ProbeCell) throws -> [Float])?
  /// What ablating and adding the direction of a probe does to the model; nil where the cell's site is no
  /// residual stream.
  public var causal: (@Sendable (ProbeCell, LinearProbe) throws -> CausalRow?)?
  /// Other stores.
  public var transfer: [TransferSet]

  /// Joins what there is.
  public init(transfer: [TransferSet] = []) {
    self.transfer = transfer
  }
}
