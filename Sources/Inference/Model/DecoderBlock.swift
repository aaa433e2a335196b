import Kernels

/// One block: attention, then MLP, each reading a normalized residual stream and adding to it.
struct DecoderBlock: Sendable {
  let layer: Int
  let attentionNorm: [Float]
  let attention: SelfAttention
  let mlpNorm: [Float]
  let mlp: MLP
  let normEpsilon: Float

  /// Runs the block over the residual stream in `space`.
  ///
  /// - Parameters:
  ///   - batch: the rows.
  ///   - contexts: for each of the batch's sequences, where keys and values go and lie.
  ///   - extent: how much of the block to compute.
  ///   - hooks: what to call at which site.
  ///   - beforeAttending: called when the batch's own keys and values are stored; returns when those of
  ///     all earlier positions are.
  ///   - space: the pass's buffers.
  func forward(
    batch: TokenBatch, contexts: [AttentionContext], through extent: BlockExtent = .whole,
    hooks: HookTable, beforeAttending: () -> Void = {}, _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    hooks.fire(.residPre, layer: layer, &space.residual, rows: rows, batch: batch)

    rmsNormalize(space.residual, rows: rows, epsilon: normEpsilon, into: &space.normalized)
    hooks.fire(.ln1Normalized, layer: layer, &space.normalized, rows: rows, batch: batch)
    scaleRows(&space.normalized, rows: rows, by: attentionNorm)
    hooks.fire(.ln1Out, layer: layer, &space.normalized, rows: rows, batch: batch)
    if extent == .entry { return }

    attention.project(
      layer: layer, batch: batch, contexts: contexts, includingQueries: extent > .keysAndValues,
      hooks: hooks, &space)
    beforeAttending()
    if extent <= .projections { return }
    attention.attend(layer: layer, batch: batch, contexts: contexts, hooks: hooks, &space)
    hooks.fire(.attentionOut, layer: layer, &space.contribution, rows: rows, batch: batch)
    add(space.contribution, to: &space.residual, rows: rows)
    hooks.fire(.residMid, layer: layer, &space.residual, rows: rows, batch: batch)
    if extent == .attention { return }

    rmsNormalize(space.residual, rows: rows, epsilon: normEpsilon, into: &space.normalized)
    hooks.fire(.ln2Normalized, layer: layer, &space.normalized, rows: rows, batch: batch)
    scaleRows(&space.normalized, rows: rows, by: mlpNorm)
    hooks.fire(.ln2Out, layer: layer, &space.normalized, rows: rows, batch: batch)

    mlp.forward(layer: layer, batch: batch, hooks: hooks, &space)
    hooks.fire(.mlpOut, layer: layer, &space.contribution, rows: rows, batch: batch)
    add(space.contribution, to: &space.residual, rows: rows)
    hooks.fire(.residPost, layer: layer, &space.residual, rows: rows, batch: batch)
  }
}
