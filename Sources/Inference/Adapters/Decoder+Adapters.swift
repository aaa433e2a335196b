public import Kernels
import ModelFiles

extension Decoder {
  /// Loads a decoder with the adapters of its model added to the weights.
  ///
  /// - Parameters:
  ///   - model: the model on disk and its adapters.
  ///   - includingHead: whether logits will be asked for.
  ///   - precision: the precision of products with weights.
  ///   - keptLayers: how many blocks stay in memory, the first ones; nil for all.
  ///   - threads: how many tensors to read at a time.
  /// - Throws: `ModelFileError` for tensors that do not fit or are not finite; `InferenceError` where the
  ///   backend cannot run.
  public convenience init(
    _ model: AdaptedModel, includingHead: Bool = true, precision: Precision = .f32,
    keptLayers: Int? = nil, threads: Int
  ) throws {
    try model.checkpoint.checkTensors()
    try self.init(
      DecoderDescription(model.checkpoint.configuration), source: model.weights,
      includingHead: includingHead, precision: precision,
      keptLayers: keptLayers, threads: threads)
  }
}
