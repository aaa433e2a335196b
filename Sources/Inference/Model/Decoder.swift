import Kernels

/// Which rows of a batch logits are made for.
public enum LogitRows: Sendable {
  /// No logits.
  case none
  /// The last row of each sequence.
  case last
  /// Every row.
  case all
}

/// A decoder-only transformer: embedding, blocks, final norm, logits.
///
/// Immutable once loaded, so passes on several threads share it. The residual stream, norms, softmax
/// and logits are float32.
public final class Decoder: Sendable {
  /// Sizes and choices.
  public let description: DecoderDescription
  /// Whether a row's result is the same bits whatever rows are beside it.
  public let rowsAreIndependent: Bool
  let embedding: TokenEmbedding
  let blocks: DecoderBlocks
  let finalNorm: [Float]
  let head: Linear?

  init(
    description: DecoderDescription, rowsAreIndependent: Bool, embedding: TokenEmbedding,
    blocks: DecoderBlocks, finalNorm: [Float], head: Linear?
  ) {
    self.description = description
    self.rowsAreIndependent = rowsAreIndependent
    self.embedding = embedding
    self.blocks = blocks
    self.finalNorm = finalNorm
    self.head = head
  }

  /// Runs a batch through the model.
  ///
  /// - Parameters:
  ///   - batch: token sequences, stacked.
  ///   - caches: one for each sequence, extended by the pass; nil for whole prompts.
  ///   - hooks: what to call at which site.
  ///   - logits: which rows to make logits for; they are left in `space.logits`, in row order.
  ///   - space: the pass's buffers.
  /// - Throws: `ModelFileError` where a token's embedding, or a block that is not kept, cannot be read.
  public func forward(
    _ batch: TokenBatch, caches: [KeyValueCache]? = nil, hooks: HookTable,
    logits: LogitRows = .none,
    _ space: inout DecoderWorkspace
  ) throws {
    let rows = batch.tokens.count
    let logitRows: [Int] =
      switch logits {
      case .none: []
      case .last: batch.lastRows
      case .all: Array(0..<rows)
      }
    precondition(
      caches == nil || caches?.count == batch.sequences.count, "a cache for each sequence")
    space.prepare(for: batch, logitRows: logitRows.count)

    try embedding.read(batch.tokens, into: &space.residual)
    hooks.fire(.embed, &space.residual, rows: rows, batch: batch)
    for layer in 0..<description.layerCount {
      let contexts =
        caches.map { caches in
          zip(caches, batch.sequences).map { $0.context(layer: layer, adding: $1.rows.count) }
        } ?? space.contexts(for: batch)
      try blocks.block(layer).forward(
        batch: batch, contexts: contexts, hooks: hooks, &space)
    }
    if let caches {
      for (cache, sequence) in zip(caches, batch.sequences) {
        cache.advance(by: sequence.rows.count)
      }
    }
    finish(batch, hooks: hooks, logitRows: logitRows, &space)
  }

  /// Normalizes the stream that leaves the last block, and makes logits.
  func finish(
    _ batch: TokenBatch, hooks: HookTable, logitRows: [Int], _ space: inout DecoderWorkspace
  ) {
    FinalNorm(weight: finalNorm, epsilon: description.normEpsilon)
      .forward(batch, hooks: hooks, &space)
    if logitRows.isEmpty { return }
    guard let head else { preconditionFailure("logits asked of a decoder loaded without its head") }
    for (target, row) in logitRows.enumerated() {
      space.headInput.copyRows(row..<row + 1, of: space.normalized, to: target)
    }
    head.forward(
      space.headInput, rows: logitRows.count, into: &space.logits, scratch: &space.product)
    hooks.fire(
      .logits, &space.logits, rows: logitRows.count, batch: batch, batchRows: logitRows)
  }
}
