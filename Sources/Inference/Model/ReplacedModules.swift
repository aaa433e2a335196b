package import Kernels

/// Matrices that take the place of some of a decoder's own, which stay as they are.
package struct ReplacedModules: Sendable {
  private let matrices: [ModuleSet.Member: PackedWeights]

  /// Names modules and what takes the place of their matrices, packed by the decoder that will use them.
  package init(_ matrices: [ModuleSet.Member: PackedWeights]) {
    for member in matrices.keys {
      precondition(WeightModule.projections.contains(member.module), "replacing \(member)")
    }
    self.matrices = matrices
  }

  /// The first block that differs; nil where none does.
  package var firstLayer: Int? { matrices.keys.map(\.layer).min() }
}

extension ReplacedModules: BlockEdit {
  func edited(_ block: DecoderBlock) -> DecoderBlock {
    func replaced(_ linear: Linear, _ module: WeightModule) -> Linear {
      matrices[ModuleSet.Member(module, layer: block.layer)].map {
        Linear(weights: .packed($0), bias: linear.bias)
      } ?? linear
    }
    let attention = block.attention
    return DecoderBlock(
      layer: block.layer, attentionNorm: block.attentionNorm,
      attention: SelfAttention(
        query: replaced(attention.query, .queryProjection),
        key: replaced(attention.key, .keyProjection),
        value: replaced(attention.value, .valueProjection),
        output: replaced(attention.output, .outputProjection),
        queryNorm: attention.queryNorm, keyNorm: attention.keyNorm, shape: attention.shape,
        normEpsilon: attention.normEpsilon),
      mlpNorm: block.mlpNorm,
      mlp: MLP(
        gate: replaced(block.mlp.gate, .gateProjection), up: replaced(block.mlp.up, .upProjection),
        down: replaced(block.mlp.down, .downProjection)),
      normEpsilon: block.normEpsilon)
  }
}

extension Decoder {
  /// The same model, its weights shared, with some matrices replaced.
  ///
  /// - Parameter modules: what is replaced; a decoder is changed once.
  /// - Returns: a decoder of its own; this one where nothing is replaced.
  package func replacing(_ modules: ReplacedModules) -> Decoder {
    guard modules.firstLayer != nil else { return self }
    return edited(by: modules)
  }

  /// A matrix `[out, in]` in the layout of this decoder's products.
  ///
  /// - Throws: `InferenceError` for a shape that cannot be multiplied.
  package func packed(
    _ matrix: borrowing FloatMatrix, as member: ModuleSet.Member
  ) throws(InferenceError) -> PackedWeights {
    guard let packed = PackedWeights(matrix, engine: blocks.engine) else {
      throw .productUnavailable(
        name: member.description, shape: [matrix.rowCapacity, matrix.width])
    }
    return packed
  }

  /// The same model, its weights shared, with its blocks changed.
  func edited(by edit: any BlockEdit) -> Decoder {
    Decoder(
      description: description, rowsAreIndependent: rowsAreIndependent, embedding: embedding,
      blocks: DecoderBlocks(blocks, edit: edit), finalNorm: finalNorm, head: head)
  }
}

extension ModuleSet.Member {
  /// The name of the module's matrix.
  package var weightName: String { "\(module.path(layer: layer)).weight" }
}
