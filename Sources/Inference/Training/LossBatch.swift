/// A row whose next token counts in the loss.
public struct LossTarget: Sendable, Hashable {
  /// The batch row whose logits should give the token.
  public var row: Int
  /// The token that follows.
  public var token: Int32
  /// The index of the row's sequence in the batch.
  public var sequence: Int

  /// Names a target.
  public init(row: Int, token: Int32, sequence: Int) {
    self.row = row
    self.token = token
    self.sequence = sequence
  }
}

/// Sequences with targets.
public struct LossBatch: Sendable {
  /// Ragged sequences, stacked without padding.
  public var batch: TokenBatch
  /// What counts in the loss, in ascending order of rows.
  public var targets: [LossTarget]

  /// Joins sequences and targets.
  public init(batch: TokenBatch, targets: [LossTarget]) {
    self.batch = batch
    self.targets = targets
  }
}

/// What to make of the loss of every target, in nats and in their order: a total, and its derivative by
/// each target's loss.
public typealias LossObjective = (_ targetLosses: [Double]) -> (loss: Double, slopes: [Float])

/// The mean over all targets; zero where there are none.
public func meanLoss(_ targetLosses: [Double]) -> (loss: Double, slopes: [Float]) {
  let count = max(targetLosses.count, 1)
  return (
    targetLosses.reduce(0, +) / Double(count),
    Array(repeating: 1 / Float(count), count: targetLosses.count)
  )
}
