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
  /// Attention scores of one position and one group of heads.
  var scores: FloatMatrix
  var rotary: RotaryTable
  var product = ProductScratch()
  /// Threads that divide the rows of each step.
  let threads: Int
  /// Rows are made in multiples of this.
  private let rowMultiple: Int
  /// The dropout masks of the pass's adapters.
  var dropout: DropoutDraw?
  /// What the block under way keeps for a backward pass.
  var tape: BlockTape?
  /// Keys and values of a pass over whole prompts, made when one needs them.
  private var keyValues: KeyValues?
  private let attention: AttentionShape
  /// Rows of the final norm that logits are made from.
  var headInput: FloatMatrix
  /// Logits of the rows asked for in the last pass, `[row, vocab]`.
  public internal(set) var logits: FloatMatrix

  /// Makes a workspace that grows to what its passes need.
  public init(for description: DecoderDescription) {
    self.init(for: description, threads: 1, rowMultiple: 1)
  }

  /// Makes a workspace for passes whose rows are divided among threads.
  init(for description: DecoderDescription, threads: Int, rowMultiple: Int) {
    self.threads = threads
    self.rowMultiple = rowMultiple
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
    attention = heads
    scores = empty(1)
    rotary = RotaryTable(frequencies: description.rotaryFrequencies)
    headInput = empty(description.dModel)
    logits = empty(description.vocabularySize)
  }

  /// Makes room for a batch; the residual stream may have a place of its own.
  mutating func prepare(for batch: TokenBatch, includingResidual: Bool = true, logitRows: Int) {
    let rows = (batch.tokens.count + rowMultiple - 1) / rowMultiple * rowMultiple
    if includingResidual { residual.ensureRows(rows) }
    normalized.ensureRows(rows)
    query.ensureRows(rows)
    key.ensureRows(rows)
    value.ensureRows(rows)
    headOutput.ensureRows(rows)
    contribution.ensureRows(rows)
    gate.ensureRows(rows)
    linear.ensureRows(rows)
    scores.ensureRows(threads * attention.scratchCount(positions: batch.positionCount))
    rotary.cover(positions: batch.positionCount)
    headInput.ensureRows(logitRows)
    logits.ensureRows(logitRows)
  }

  /// Where the keys and values of whole prompts go, one layer after another.
  ///
  /// - Parameters:
  ///   - batch: the rows.
  ///   - paths: for each of its sequences, the rows of its positions; nil where these are its own alone.
  /// - Returns: a context for each sequence.
  mutating func contexts(
    for batch: TokenBatch, paths: [[Range<Int>]]? = nil
  ) -> [AttentionContext] {
    let rows = batch.tokens.count
    let store: KeyValues
    if let keyValues, keyValues.rowCapacity >= rows {
      store = keyValues
    } else {
      store = KeyValues(attention, rowCapacity: rows)
      keyValues = store
    }
    return (paths ?? batch.sequences.map { [$0.rows] }).map { AttentionContext(store, rows: $0) }
  }
}

extension FloatMatrix {
  /// Replaces the storage by a larger one where it is too small; contents are lost.
  mutating func ensureRows(_ rows: Int) {
    if rowCapacity < rows { self = FloatMatrix(rows: rows, width: width) }
  }
}
