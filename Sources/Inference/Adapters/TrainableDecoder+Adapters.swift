public import Kernels
import ModelFiles

extension TrainableDecoder {
  /// Loads a decoder to be trained, with the adapters of its model added to the weights.
  ///
  /// - Parameters:
  ///   - model: the model on disk and its adapters, which do not train.
  ///   - scope: what is trained.
  ///   - precision: the precision of products with weights; values and gradients are float32.
  ///   - weightByteLimit: how much memory weights may take.
  ///   - activationByteLimit: how much memory activations may take.
  ///   - threads: how many threads divide the rows.
  /// - Throws: `ModelFileError` for tensors that do not fit or are not finite; `InferenceError` where the
  ///   backend cannot run, or a placement is none of this model.
  public convenience init(
    _ model: AdaptedModel, scope: TrainingScope, precision: Precision = .f32,
    weightByteLimit: Int = .max, activationByteLimit: Int = .max, threads: Int
  ) throws {
    try model.checkpoint.checkTensors()
    guard let engine = MatrixEngine(precision: precision) else {
      throw InferenceError.backendUnavailable
    }
    let loading = TrainableLoading(
      DecoderDescription(model.checkpoint.configuration), source: model.weights, scope: scope,
      engine: engine, weightByteLimit: weightByteLimit, threads: threads)
    try loading.checkScope()
    try self.init(loading, activationByteLimit: activationByteLimit)
  }
}
