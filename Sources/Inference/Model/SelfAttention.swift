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

  /// Reads `normalized`, makes rotated queries and stores rotated keys and values in the contexts.
  func project(
    layer: Int, batch: TokenBatch, contexts: [AttentionContext], includingQueries: Bool,
    hooks: HookTable, _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    if includingQueries {
      let narrow = query.forward(
        space.normalized, rows: rows, into: &space.query, scratch: &space.product,
        dropout: space.dropout)
      space.tape?.keep(.queryProjection, narrow)
      hooks.fire(.query, layer: layer, &space.query, rows: rows, batch: batch)
      if let queryNorm {
        space.tape?.keep(.plainQuery, space.query, rows: rows)
        rmsNormalizeHeads(
          &space.query, rows: rows, weight: queryNorm, epsilon: normEpsilon, threads: space.threads)
      }
    }
    let narrowKey = key.forward(
      space.normalized, rows: rows, into: &space.key, scratch: &space.product,
      dropout: space.dropout)
    let narrowValue = value.forward(
      space.normalized, rows: rows, into: &space.value, scratch: &space.product,
      dropout: space.dropout)
    space.tape?.keep(.keyProjection, narrowKey)
    space.tape?.keep(.valueProjection, narrowValue)
    hooks.fire(.key, layer: layer, &space.key, rows: rows, batch: batch)
    hooks.fire(.value, layer: layer, &space.value, rows: rows, batch: batch)
    if let keyNorm {
      space.tape?.keep(.plainKey, space.key, rows: rows)
      rmsNormalizeHeads(
        &space.key, rows: rows, weight: keyNorm, epsilon: normEpsilon, threads: space.threads)
    }
    let places = batch.sequencePlaces
    space.rotary.rotate(&space.key, places, threads: space.threads)
    if includingQueries {
      space.rotary.rotate(&space.query, places, threads: space.threads)
      hooks.fire(.rotatedQuery, layer: layer, &space.query, rows: rows, batch: batch)
    }
    hooks.fire(.rotatedKey, layer: layer, &space.key, rows: rows, batch: batch)
    space.tape?.keep(.query, space.query, rows: rows)
    space.tape?.keep(.key, space.key, rows: rows)
    space.tape?.keep(.value, space.value, rows: rows)
    for (sequence, context) in zip(batch.sequences, contexts) {
      context.store(keys: space.key, values: space.value, rows: sequence.rows)
    }
  }

  /// Reads the queries and the contexts, writes what attention adds to the residual stream to
  /// `contribution`.
  func attend(
    layer: Int, batch: TokenBatch, contexts: [AttentionContext], hooks: HookTable,
    _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    let isWatched =
      hooks.isHooked(.attentionScores, layer: layer) || hooks.isHooked(.pattern, layer: layer)
    if isWatched {
      for (index, context) in contexts.enumerated() {
        attendStepwise(
          layer: layer, index: index, batch: batch, context: context, hooks: hooks, &space)
      }
    } else {
      shape.attend(
        queries: space.query, batch.sequences.map(\.rows), to: contexts, scratch: &space.scores,
        into: &space.headOutput, threads: space.threads)
    }
    hooks.fire(.headOutput, layer: layer, &space.headOutput, rows: rows, batch: batch)
    space.tape?.keep(.headOutput, space.headOutput, rows: rows)
    let narrow = output.forward(
      space.headOutput, rows: rows, into: &space.contribution, scratch: &space.product,
      dropout: space.dropout)
    space.tape?.keep(.outputProjection, narrow)
  }

  /// Attends within one sequence with its scores and patterns laid open.
  private func attendStepwise(
    layer: Int, index: Int, batch: TokenBatch, context: AttentionContext, hooks: HookTable,
    _ space: inout DecoderWorkspace
  ) {
    let rows = batch.sequences[index].rows
    let scoreRows = shape.headCount * rows.count
    var scores = FloatMatrix(rows: scoreRows, width: context.positionCount)
    shape.scores(queries: space.query, rows: rows, to: context, into: &scores)
    hooks.fire(
      .attentionScores, layer: layer, &scores, rows: scoreRows, batch: batch, sequence: index)
    shape.softmax(
      &scores, queries: rows.count, firstPosition: context.positionCount - rows.count)
    hooks.fire(.pattern, layer: layer, &scores, rows: scoreRows, batch: batch, sequence: index)
    shape.mix(pattern: scores, rows: rows, of: context, into: &space.headOutput)
  }
}
