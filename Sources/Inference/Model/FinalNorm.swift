import Kernels

/// The norm between the last block and the logits.
struct FinalNorm: Sendable {
  let weight: [Float]
  let epsilon: Float

  /// Normalizes the residual stream into `normalized`.
  func forward(_ batch: TokenBatch, hooks: HookTable, _ space: inout DecoderWorkspace) {
    let rows = batch.tokens.count
    rmsNormalize(
      space.residual, rows: rows, epsilon: epsilon, into: &space.normalized,
      threads: space.threads)
    hooks.fire(.lnFinalNormalized, &space.normalized, rows: rows, batch: batch)
    space.tape?.keep(.lnFinalNormalized, space.normalized, rows: rows)
    scaleRows(&space.normalized, rows: rows, by: weight, threads: space.threads)
    hooks.fire(.lnFinalOut, &space.normalized, rows: rows, batch: batch)
  }
}
