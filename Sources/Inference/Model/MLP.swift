import Kernels

/// A gated MLP: `down(silu(gate(x)) × up(x))`.
struct MLP: Sendable {
  let gate: Linear
  let up: Linear
  let down: Linear

  /// Reads `normalized`, writes what the MLP adds to the residual stream to `contribution`.
  func forward(
    layer: Int, batch: TokenBatch, hooks: HookTable, _ space: inout DecoderWorkspace
  ) {
    let rows = batch.tokens.count
    gate.forward(space.normalized, rows: rows, into: &space.gate, scratch: &space.product)
    up.forward(space.normalized, rows: rows, into: &space.linear, scratch: &space.product)
    hooks.fire(.mlpPre, layer: layer, &space.gate, rows: rows, batch: batch)
    hooks.fire(.mlpPreLinear, layer: layer, &space.linear, rows: rows, batch: batch)
    gateSiLU(&space.gate, with: space.linear, rows: rows)
    hooks.fire(.mlpPost, layer: layer, &space.gate, rows: rows, batch: batch)
    down.forward(space.gate, rows: rows, into: &space.contribution, scratch: &space.product)
  }
}
