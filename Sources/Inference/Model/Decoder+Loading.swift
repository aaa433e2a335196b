public import Kernels
public import ModelFiles

extension Decoder {
  /// Loads a decoder: checks every tensor against the configuration, then reads and packs weights.
  ///
  /// - Parameters:
  ///   - checkpoint: the model on disk.
  ///   - includingHead: whether logits will be asked for.
  ///   - precision: the precision of products with weights.
  ///   - keptLayers: how many blocks stay in memory, the first ones; nil for all. The others are read
  ///     whenever a pass comes to them.
  ///   - threads: how many tensors to read at a time.
  /// - Throws: `ModelFileError` for missing, unused, misshapen or non-finite tensors, all missing, unused
  ///   and misshapen ones together; `InferenceError` where the backend cannot run.
  public convenience init(
    _ checkpoint: Checkpoint, includingHead: Bool = true, precision: Precision = .f32,
    keptLayers: Int? = nil, threads: Int
  ) throws {
    let description = DecoderDescription(checkpoint.configuration)
    try checkpoint.check(DecoderWeights.requirements(description))
    guard let engine = MatrixEngine(precision: precision) else {
      throw InferenceError.backendUnavailable
    }
    let embeddingName = "\(WeightModule.embedTokens.path(layer: nil)).weight"
    guard let embedding = checkpoint.tensors[ByteString(embeddingName)] else {
      preconditionFailure("\(embeddingName) was not checked before loading")
    }
    let head: WeightModule? =
      includingHead ? description.isHeadTied ? .embedTokens : .head : nil
    let names = ([.norm] + (head.map { [$0] } ?? [])).map { "\($0.path(layer: nil)).weight" }
    let weights = try DecoderWeights(names, of: checkpoint, engine: engine, threads: threads)
    self.init(
      description: description,
      rowsAreIndependent: engine.rowsAreIndependent(),
      embedding: TokenEmbedding(checkpoint: checkpoint, tensor: embedding),
      blocks: try DecoderBlocks(
        description, checkpoint: checkpoint, engine: engine,
        keptCount: keptLayers ?? description.layerCount, threads: threads),
      finalNorm: weights.requiredNorm(.norm),
      head: head.map { weights.linear($0) })
  }
}
