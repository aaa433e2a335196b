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
    let threads = space.threads
    hooks.fire(.residPre, layer: layer, &space.residual, rows: rows, batch: batch)
    space.tape?.keep(.input, space.residual, rows: rows)

    rmsNormalize(
      space.residual, rows: rows, epsilon: normEpsilon, into: &space.normalized, threads: threads)
    hooks.fire(.ln1Normalized, layer: layer, &space.normalized, rows: rows, batch: batch)
    space.tape?.keep(.ln1Normalized, space.normalized, rows: rows)
    scaleRows(&space.normalized, rows: rows, by: attentionNorm, threads: threads)
    hooks.fire(.ln1Out, layer: layer, &space.normalized, rows: rows, batch: batch)
    space.tape?.keep(.ln1Out, space.normalized, rows: rows)
    if extent == .entry { return }

    attention.project(
      layer: layer, batch: batch, contexts: contexts, includingQueries: extent > .keysAndValues,
      hooks: hooks, &space)
    beforeAttending()
    if extent <= .projections { return }
    attention.attend(layer: layer, batch: batch, contexts: contexts, hooks: hooks, &space)
    hooks.fire(.attentionOut, layer: layer, &space.contribution, rows: rows, batch: batch)
    add(space.contribution, to: &space.residual, rows: rows, threads: threads)
    hooks.fire(.residMid, layer: layer, &space.residual, rows: rows, batch: batch)
    if extent == .attention { return }
    space.tape?.keep(.middle, space.residual, rows: rows)

    rmsNormalize(
      space.residual, rows: rows, epsilon: normEpsilon, into: &space.normalized, threads: threads)
    hooks.fire(.ln2Normalized, layer: layer, &space.normalized, rows: rows, batch: batch)
    space.tape?.keep(.ln2Normalized, space.normalized, rows: rows)
    scaleRows(&space.normalized, rows: rows, by: mlpNorm, threads: threads)
    hooks.fire(.ln2Out, layer: layer, &space.normalized, rows: rows, batch: batch)
    space.tape?.keep(.ln2Out, space.normalized, rows: rows)

    mlp.forward(
      layer: layer, batch: batch, includingOutput: extent == .whole, hooks: hooks, &space)
    if extent == .hidden { return }
    hooks.fire(.mlpOut, layer: layer, &space.contribution, rows: rows, batch: batch)
    add(space.contribution, to: &space.residual, rows: rows, threads: threads)
    hooks.fire(.residPost, layer: layer, &space.residual, rows: rows, batch: batch)
  }
}
