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
    try self.init(
      AdaptedModel(checkpoint), includingHead: includingHead, precision: precision,
      keptLayers: keptLayers, threads: threads)
  }

  /// Reads and packs the weights of a source that has all a description asks for.
  package convenience init(
    _ description: DecoderDescription, source: any WeightSource, includingHead: Bool,
    precision: Precision, keptLayers: Int?, threads: Int
  ) throws {
    guard let engine = MatrixEngine(precision: precision) else {
      throw InferenceError.backendUnavailable
    }
    let head: WeightModule? =
      includingHead ? description.isHeadTied ? .embedTokens : .head : nil
    let names = ([.norm] + (head.map { [$0] } ?? [])).map { "\($0.path(layer: nil)).weight" }
    let weights = try DecoderWeights(names, of: source, engine: engine, threads: threads)
    self.init(
      description: description,
      rowsAreIndependent: engine.rowsAreIndependent(),
      embedding: TokenEmbedding(
        source: source, vocabularySize: description.vocabularySize),
      blocks: try DecoderBlocks(
        description, source: source, engine: engine,
        keptCount: keptLayers ?? description.layerCount, threads: threads),
      finalNorm: weights.requiredNorm(.norm),
      head: head.map { weights.linear($0) })
  }
}
