package import Kernels
import ModelFiles

extension Decoder {
  /// Loads a decoder whose weights are moved, in memory only.
  ///
  /// - Parameters:
  ///   - model: the model on disk and its adapters, whose tensors fit.
  ///   - direction: where weights are moved.
  ///   - lengths: how long its matrices are made.
  ///   - alpha: how far, as a share of each matrix's length.
  ///   - precision: the precision of products with weights.
  ///   - threads: how many tensors to read at a time.
  /// - Throws: `ModelFileError` where weights cannot be read, `InferenceError` where the backend cannot run.
  package convenience init(
    _ model: AdaptedModel, along direction: WeightDirection, _ lengths: DisturbedWeights.Lengths,
    by alpha: Double, precision: Precision, threads: Int
  ) throws {
    try self.init(
      DecoderDescription(model.checkpoint.configuration),
      source: DisturbedWeights(model.weights, along: direction, lengths, by: alpha),
      includingHead: true, precision: precision, keptLayers: nil, threads: threads)
  }
}
