import Kernels

/// Grouped-query self-attention with rotary positions.
struct SelfAttention: Sendable {
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  /// Per-head norm weights `[d_head]` where the family has them.
  let queryNorm: [Float]?
  let keyNorm: [Float]?
  let shape: AttentionShape
  let normEpsilon: Float

  /// Reads `normalized`, writes what attention adds to the residual stream to `contribution`.
  func forward(
    layer: Int, batch: TokenBatch, caches: [KeyValueCache]?, hooks: HookTable,
    _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    query.forward(space.normalized, rows: rows, into: &space.query)
    key.forward(space.normalized, rows: rows, into: &space.key)
    value.forward(space.normalized, rows: rows, into: &space.value)
    hooks.fire(.query, layer: layer, &space.query, rows: rows, batch: batch)
    hooks.fire(.key, layer: layer, &space.key, rows: rows, batch: batch)
    hooks.fire(.value, layer: layer, &space.value, rows: rows, batch: batch)

    if let queryNorm {
      rmsNormalizeHeads(&space.query, rows: rows, weight: queryNorm, epsilon: normEpsilon)
    }
    if let keyNorm {
      rmsNormalizeHeads(&space.key, rows: rows, weight: keyNorm, epsilon: normEpsilon)
    }
    for sequence in batch.sequences {
      space.rotary.rotate(&space.query, rows: sequence.rows, firstPosition: sequence.firstPosition)
      space.rotary.rotate(&space.key, rows: sequence.rows, firstPosition: sequence.firstPosition)
    }
    hooks.fire(.rotatedQuery, layer: layer, &space.query, rows: rows, batch: batch)
    hooks.fire(.rotatedKey, layer: layer, &space.key, rows: rows, batch: batch)

    for (index, sequence) in batch.sequences.enumerated() {
      if let cache = caches?[index] {
        cache.store(layer: layer, keys: space.key, values: space.value, rows: sequence.rows)
        attend(
          layer: layer, index: index, batch: batch, hooks: hooks, keys: cache.keys,
          values: cache.values, keyRows: cache.rows(layer: layer, adding: sequence.rows.count),
          query: space.query, scratch: &space.scores, headOutput: &space.headOutput)
      } else {
        attend(
          layer: layer, index: index, batch: batch, hooks: hooks, keys: space.key,
          values: space.value, keyRows: sequence.rows, query: space.query, scratch: &space.scores,
          headOutput: &space.headOutput)
      }
    }
    hooks.fire(.headOutput, layer: layer, &space.headOutput, rows: rows, batch: batch)
    output.forward(space.headOutput, rows: rows, into: &space.contribution)
  }

  /// Attends within one sequence: in one go, or step by step where scores or patterns are hooked.
  private func attend(
    layer: Int, index: Int, batch: TokenBatch, hooks: HookTable, keys: borrowing FloatMatrix,
    values: borrowing FloatMatrix, keyRows: Range<Int>, query: borrowing FloatMatrix,
    scratch: inout FloatMatrix, headOutput: inout FloatMatrix
  ) {
    let rows = batch.sequences[index].rows
    guard
      hooks.isHooked(.attentionScores, layer: layer) || hooks.isHooked(.pattern, layer: layer)
    else {
      shape.attend(
        queries: query, rows: rows, keys: keys, values: values, keyRows: keyRows,
        scratch: &scratch, into: &headOutput)
      return
    }
    let scoreRows = shape.headCount * rows.count
    var scores = FloatMatrix(rows: scoreRows, width: keyRows.count)
    shape.scores(queries: query, rows: rows, keys: keys, keyRows: keyRows, into: &scores)
    hooks.fire(
      .attentionScores, layer: layer, &scores, rows: scoreRows, batch: batch, sequence: index)
    shape.softmax(&scores, queries: rows.count, firstPosition: keyRows.count - rows.count)
    hooks.fire(.pattern, layer: layer, &scores, rows: scoreRows, batch: batch, sequence: index)
    shape.mix(pattern: scores, rows: rows, values: values, keyRows: keyRows, into: &headOutput)
  }
}
