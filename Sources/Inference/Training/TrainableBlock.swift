import Kernels

/// A block and what of it is trained.
struct TrainableBlock: Sendable {
  let layer: Int
  let attentionNorm: TrainableNorm
  let query: TrainableLinear
  let key: TrainableLinear
  let value: TrainableLinear
  let queryNorm: TrainableNorm?
  let keyNorm: TrainableNorm?
  let output: TrainableLinear
  let mlpNorm: TrainableNorm
  let gate: TrainableLinear
  let up: TrainableLinear
  let down: TrainableLinear
  let description: DecoderDescription

  /// The block with the values of now.
  var block: DecoderBlock {
    DecoderBlock(
      layer: layer,
      attentionNorm: attentionNorm.values,
      attention: SelfAttention(
        query: query.linear, key: key.linear, value: value.linear, output: output.linear,
        queryNorm: queryNorm?.values, keyNorm: keyNorm?.values, shape: description.attention,
        normEpsilon: description.normEpsilon),
      mlpNorm: mlpNorm.values,
      mlp: MLP(gate: gate.linear, up: up.linear, down: down.linear),
      normEpsilon: description.normEpsilon)
  }

  /// Notes changed weights.
  func valuesChanged() {
    for linear in [query, key, value, output, gate, up, down] where linear.weight != nil {
      linear.weights.valuesChanged()
    }
  }

  /// The bytes of what a tape keeps between the factors of adapters.
  func narrowByteCount(rows: Int) -> Int {
    [query, key, value, output, gate, up].reduce(0) {
      $0 + ($1.update?.narrowByteCount(rows: rows) ?? 0)
    }
  }

  /// Whether anything is trained.
  var isTrained: Bool {
    [query, key, value, output, gate, up, down].contains { $0.isTrained }
      || [attentionNorm, mlpNorm].contains { $0.weight != nil }
      || [queryNorm, keyNorm].contains { $0?.weight != nil }
  }
}

/// How far back into a block a pass must go.
struct BlockDepth {
  /// To the inputs of the gate and up projections' outputs.
  let hidden: Bool
  /// To the residual stream between attention and MLP.
  let middle: Bool
  /// To queries, keys and values.
  let attention: Bool
  /// To the residual stream that enters the block.
  let input: Bool

  /// Finds how far a block needs it.
  init(
    _ block: TrainableBlock, wantsInput: Bool, includesTensors: Bool, gradientHooks hooks: HookTable
  ) {
    func trained(_ tensors: [TrainableLinear]) -> Bool {
      includesTensors && tensors.contains { $0.isTrained }
    }
    func trained(_ norms: [TrainableNorm?]) -> Bool {
      includesTensors && norms.contains { $0?.weight != nil }
    }
    func hooked(_ kinds: [SiteKind]) -> Bool { hooks.isHooked(anyOf: kinds, layer: block.layer) }
    input =
      wantsInput || trained([block.attentionNorm])
      || hooked([.ln1Out, .ln1Normalized, .residPre])
    attention =
      input || trained([block.query, block.key, block.value, block.output])
      || trained([block.queryNorm, block.keyNorm])
      || hooked([.attentionOut, .headOutput, .rotatedQuery, .rotatedKey, .query, .key, .value])
    middle = attention || trained([block.mlpNorm]) || hooked([.ln2Out, .ln2Normalized, .residMid])
    hidden =
      middle || trained([block.gate, block.up]) || hooked([.mlpPost, .mlpPre, .mlpPreLinear])
  }
}
