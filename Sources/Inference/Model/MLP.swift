import Kernels

/// A gated MLP: `down(silu(gate(x)) × up(x))`.
struct MLP: Sendable {
  let gate: Linear
  let up: Linear
  let down: Linear

  /// Reads `normalized`, writes what the MLP adds to the residual stream to `contribution`, unless only
  /// the hidden layer is wanted.
  func forward(
    layer: Int, batch: TokenBatch, includingOutput: Bool, hooks: HookTable,
    _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    let narrowGate = gate.forward(
      space.normalized, rows: rows, into: &space.gate, scratch: &space.product,
      dropout: space.dropout)
    let narrowUp = up.forward(
      space.normalized, rows: rows, into: &space.linear, scratch: &space.product,
      dropout: space.dropout)
    space.tape?.keep(.gateProjection, narrowGate)
    space.tape?.keep(.upProjection, narrowUp)
    hooks.fire(.mlpPre, layer: layer, &space.gate, rows: rows, batch: batch)
    hooks.fire(.mlpPreLinear, layer: layer, &space.linear, rows: rows, batch: batch)
    space.tape?.keep(.gate, space.gate, rows: rows)
    space.tape?.keep(.linear, space.linear, rows: rows)
    gateSiLU(&space.gate, with: space.linear, rows: rows, threads: space.threads)
    hooks.fire(.mlpPost, layer: layer, &space.gate, rows: rows, batch: batch)
    space.tape?.keep(.post, space.gate, rows: rows)
    if !includingOutput { return }
    down.forward(
      space.gate, rows: rows, into: &space.contribution, scratch: &space.product,
      dropout: space.dropout)
  }
}
