public import Kernels

extension Decoder {
  /// Makes a decoder of the same shape as another with the weights of a model before any training.
  ///
  /// What a probe reads from it comes from the architecture and the tokens alone.
  ///
  /// - Parameters:
  ///   - description: sizes and choices.
  ///   - seed: fixes the weights.
  ///   - includingHead: whether logits will be asked for.
  ///   - precision: the precision of products with weights.
  ///   - keptLayers: how many blocks are made now, the first ones; the others are drawn whenever a pass
  ///     comes to them.
  ///   - threads: how many tensors to draw at a time.
  /// - Throws: `InferenceError` where the backend cannot run.
  public convenience init(
    untrained description: DecoderDescription, seed: UInt64, includingHead: Bool = true,
    precision: Precision = .f32, keptLayers: Int? = nil, threads: Int
  ) throws {
    try self.init(
      description, source: UntrainedWeights(description, seed: seed), includingHead: includingHead,
      precision: precision, keptLayers: keptLayers, threads: threads)
  }
}
