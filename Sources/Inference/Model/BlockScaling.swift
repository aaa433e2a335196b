import Kernels

/// Multiplies the weights of some blocks while a decoder is measured; those it was loaded with stay as they are.
///
/// Li et al., "Safety Layers in Aligned Large Language Models", arXiv 2408.17003: the matrices of attention and
/// MLP are scaled; norms, biases, embeddings and head are not.
public struct BlockScaling: Sendable, Hashable {
  /// The blocks.
  public let layers: LayerRange
  /// What their weights are multiplied by.
  public let factor: Float
  /// Which of their matrices.
  public let modules: Set<WeightModule>

  /// The matrices of a block.
  public static let matrices: Set<WeightModule> = [
    .queryProjection, .keyProjection, .valueProjection, .outputProjection, .gateProjection,
    .upProjection, .downProjection,
  ]

  /// States what is scaled.
  ///
  /// - Parameters:
  ///   - layers: the blocks.
  ///   - factor: what weights are multiplied by.
  ///   - modules: which of `matrices`.
  public init(
    layers: LayerRange, factor: Float, modules: Set<WeightModule> = BlockScaling.matrices
  ) {
    precondition(factor.isFinite, "weights multiplied by \(factor)")
    precondition(modules.isSubset(of: Self.matrices), "scaling \(modules)")
    self.layers = layers
    self.factor = factor
    self.modules = modules
  }
}

extension DecoderDescription {
  /// Projections whose scaling a norm behind them undoes; what leaves that norm is scaled in their place.
  public var projectionsWithoutScale: [WeightModule] {
    hasQueryKeyNorm ? [.queryProjection, .keyProjection] : []
  }
}

extension Decoder {
  /// The same model, its weights shared, with some blocks scaled.
  ///
  /// - Parameter scaling: what is scaled; a decoder is scaled once.
  /// - Returns: a decoder whose products are multiplied; this one where nothing would change.
  public func scaled(by scaling: BlockScaling) -> Decoder {
    if scaling.factor == 1 || scaling.layers.isEmpty { return self }
    precondition(
      scaling.layers.last < description.layerCount,
      "layers \(scaling.layers) of \(description.layerCount)")
    return edited(by: scaling)
  }
}

extension BlockScaling: BlockEdit {
  func edited(_ block: DecoderBlock) -> DecoderBlock { block.scaled(by: self) }
}

extension DecoderBlock {
  /// The block with its weights multiplied, if it is among those that are.
  fileprivate func scaled(by scaling: BlockScaling) -> DecoderBlock {
    guard scaling.layers.contains(layer) else { return self }
    return DecoderBlock(
      layer: layer, attentionNorm: attentionNorm, attention: attention.scaled(by: scaling),
      mlpNorm: mlpNorm,
      mlp: MLP(
        gate: mlp.gate.scaled(by: scaling, as: .gateProjection),
        up: mlp.up.scaled(by: scaling, as: .upProjection),
        down: mlp.down.scaled(by: scaling, as: .downProjection)),
      normEpsilon: normEpsilon)
  }
}

extension SelfAttention {
  fileprivate func scaled(by scaling: BlockScaling) -> SelfAttention {
    // A norm takes the length of queries and keys away, so they are scaled behind it.
    func scaled(_ norm: [Float]?, of module: WeightModule) -> [Float]? {
      scaling.modules.contains(module) ? norm?.map { scaling.factor * $0 } : norm
    }
    return SelfAttention(
      query: queryNorm == nil ? query.scaled(by: scaling, as: .queryProjection) : query,
      key: keyNorm == nil ? key.scaled(by: scaling, as: .keyProjection) : key,
      value: value.scaled(by: scaling, as: .valueProjection),
      output: output.scaled(by: scaling, as: .outputProjection),
      queryNorm: scaled(queryNorm, of: .queryProjection),
      keyNorm: scaled(keyNorm, of: .keyProjection),
      shape: shape, normEpsilon: normEpsilon)
  }
}

extension Linear {
  fileprivate func scaled(by scaling: BlockScaling, as module: WeightModule) -> Linear {
    guard scaling.modules.contains(module) else { return self }
    var scaled = self
    scaled.scale = Array(repeating: scaling.factor, count: weights.outputWidth)
    return scaled
  }
}

extension Linear.Weights {
  /// Width of an output row.
  fileprivate var outputWidth: Int {
    switch self {
    case .packed(let weights): weights.outputWidth
    case .twoWay(let weights, _): weights.outputWidth
    }
  }
}
