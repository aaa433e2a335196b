public import Kernels

/// The buffers of one forward pass, reused from pass to pass.
///
/// Sized before a pass and never during one. Shapes are `[token, width]`.
public struct DecoderWorkspace: ~Copyable {
  /// Residual stream.
  var residual: FloatMatrix
  /// Normalized residual: `ln1`, `ln2`, `ln_final`.
  var normalized: FloatMatrix
  var query: FloatMatrix
  var key: FloatMatrix
  var value: FloatMatrix
  /// Head outputs, `z`.
  var headOutput: FloatMatrix
  /// What a module adds to the residual stream.
  var contribution: FloatMatrix
  var gate: FloatMatrix
  var linear: FloatMatrix
  /// One row of attention scores.
  var scores: FloatMatrix
  var rotary: RotaryTable
  /// Rows of the final norm that logits are made from.
  var headInput: FloatMatrix
  /// Logits of the rows asked for in the last pass, `[row, vocab]`.
  public internal(set) var logits: FloatMatrix

  /// Makes a workspace that grows to what its passes need.
  public init(for description: DecoderDescription) {
    let empty = { FloatMatrix(rows: 0, width: $0) }
    let heads = description.attention
    residual = empty(description.dModel)
    normalized = empty(description.dModel)
    query = empty(heads.headCount * heads.dHead)
    key = empty(heads.keyValueHeadCount * heads.dHead)
    value = empty(heads.keyValueHeadCount * heads.dHead)
    headOutput = empty(heads.headCount * heads.dHead)
    contribution = empty(description.dModel)
    gate = empty(description.dMLP)
    linear = empty(description.dMLP)
    scores = empty(1)
    rotary = RotaryTable(frequencies: description.rotaryFrequencies)
    headInput = empty(description.dModel)
    logits = empty(description.vocabularySize)
  }

  /// Makes room for a batch.
  mutating func prepare(for batch: TokenBatch, logitRows: Int) {
    let rows = batch.tokens.count
    residual.ensureRows(rows)
    normalized.ensureRows(rows)
    query.ensureRows(rows)
    key.ensureRows(rows)
    value.ensureRows(rows)
    headOutput.ensureRows(rows)
    contribution.ensureRows(rows)
    gate.ensureRows(rows)
    linear.ensureRows(rows)
    scores.ensureRows(batch.positionCount)
    rotary.cover(positions: batch.positionCount)
    headInput.ensureRows(logitRows)
    logits.ensureRows(logitRows)
  }
}

extension FloatMatrix {
  /// Replaces the storage by a larger one where it is too small; contents are lost.
  fileprivate mutating func ensureRows(_ rows: Int) {
    if rowCapacity < rows { self = FloatMatrix(rows: rows, width: width) }
  }
}
