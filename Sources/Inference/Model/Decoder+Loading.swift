import Kernels
public import ModelFiles

extension Decoder {
  /// Loads a decoder: checks every tensor against the configuration, then reads and packs the weights.
  ///
  /// - Parameters:
  ///   - checkpoint: the model on disk.
  ///   - includingHead: whether logits will be asked for.
  ///   - threads: how many tensors to read at a time.
  /// - Throws: `ModelFileError` for missing, unused, misshapen or non-finite tensors, all missing, unused
  ///   and misshapen ones together; `InferenceError` where the backend cannot run.
  public convenience init(
    _ checkpoint: Checkpoint, includingHead: Bool = true, threads: Int
  ) throws {
    let description = DecoderDescription(checkpoint.configuration)
    let requirements = DecoderWeights.requirements(description)
    try checkpoint.check(requirements)
    guard let engine = MatrixEngine() else { throw InferenceError.backendUnavailable }

    let embeddingName = "\(WeightModule.embedTokens.path(layer: nil)).weight"
    let headName =
      description.isHeadTied ? embeddingName : "\(WeightModule.head.path(layer: nil)).weight"
    let excluded = Set([embeddingName] + (includingHead ? [] : [headName]))
    var names = requirements.map(\.name).filter { !excluded.contains($0) }
    if includingHead && description.isHeadTied { names.append(embeddingName) }
    let weights = try DecoderWeights(names, of: checkpoint, engine: engine, threads: threads)

    guard let embedding = checkpoint.tensors[ByteString(embeddingName)] else {
      preconditionFailure("\(embeddingName) was not checked before loading")
    }
    self.init(
      description: description,
      rowsAreIndependent: engine.rowsAreIndependent(),
      embedding: TokenEmbedding(checkpoint: checkpoint, tensor: embedding),
      blocks: (0..<description.layerCount).map { Self.block($0, description, weights) },
      finalNorm: weights.requiredNorm(.norm),
      head: includingHead
        ? weights.linear(description.isHeadTied ? .embedTokens : .head) : nil)
  }

  private static func block(
    _ layer: Int, _ description: DecoderDescription, _ weights: DecoderWeights
  ) -> DecoderBlock {
    DecoderBlock(
      layer: layer,
      attentionNorm: weights.requiredNorm(.inputLayerNorm, layer: layer),
      attention: SelfAttention(
        query: weights.linear(.queryProjection, layer: layer),
        key: weights.linear(.keyProjection, layer: layer),
        value: weights.linear(.valueProjection, layer: layer),
        output: weights.linear(.outputProjection, layer: layer),
        queryNorm: weights.norm(.queryNorm, layer: layer),
        keyNorm: weights.norm(.keyNorm, layer: layer),
        shape: description.attention,
        normEpsilon: description.normEpsilon),
      mlpNorm: weights.requiredNorm(.postAttentionLayerNorm, layer: layer),
      mlp: MLP(
        gate: weights.linear(.gateProjection, layer: layer),
        up: weights.linear(.upProjection, layer: layer),
        down: weights.linear(.downProjection, layer: layer)),
      normEpsilon: description.normEpsilon)
  }
}
