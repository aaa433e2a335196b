public import Inference
public import Kernels
public import ModelFiles
import Tokenization

/// A model between one and what tuning made of it, by a weight for each module.
///
/// With an adapter alone, scale the adapter instead: `AppliedAdapter.at(weight:)` in memory, and
/// `LowRankAdapter.scaled(by:)` on disk, are exact.
public struct ModelBlend: Sendable {
  private let before: AdaptedModel
  private let weights: BlendedWeights

  /// Prepares to blend two models.
  ///
  /// - Parameters:
  ///   - before: the model before tuning.
  ///   - after: the model after it.
  ///   - weights: how much of the second each module takes.
  /// - Throws: `AfterTuningError.cannotBlend` for models of other sizes, types or vocabularies;
  ///   `ModelFileError` for tensors that do not fit, `TokenizationError`.
  public init(before: AdaptedModel, after: AdaptedModel, weights: BlendWeights) throws {
    if let difference = try Self.difference(before.checkpoint, after.checkpoint) {
      throw AfterTuningError.cannotBlend(
        before: before.checkpoint.path, after: after.checkpoint.path, difference)
    }
    self.before = before
    self.weights = BlendedWeights(before: before.weights, after: after.weights, weights: weights)
  }

  /// Loads the blend as a decoder, without writing it.
  ///
  /// - Parameters:
  ///   - precision: the precision of products with weights.
  ///   - threads: how many tensors to read at a time.
  /// - Returns: the decoder.
  /// - Throws: `ModelFileError` for weights that are not finite; `InferenceError` where the backend cannot run.
  public func decoder(precision: Precision = .f32, threads: Int) throws -> Decoder {
    let description = DecoderDescription(before.checkpoint.configuration)
    return try Decoder(
      description, source: weights, includingHead: true, precision: precision, keptLayers: nil,
      threads: threads)
  }

  /// Prepares to write the blend as a HuggingFace folder.
  ///
  /// - Parameters:
  ///   - elementType: the type of all weights; nil keeps each tensor's own, and makes quantised ones float32.
  ///   - shardByteLimit: how many bytes a file holds, unless one tensor is larger.
  /// - Returns: what writes it.
  /// - Throws: `ModelFileError` for tensors that do not fit the configuration.
  public func export(
    elementType: ElementType? = nil, shardByteLimit: Int = ModelExport.defaultShardByteLimit
  ) throws(ModelFileError) -> ModelExport {
    try ModelExport(
      before.checkpoint, weights: weights, elementType: elementType, shardByteLimit: shardByteLimit)
  }

  /// The first thing in which two models differ that have to be alike.
  private static func difference(
    _ before: Checkpoint, _ after: Checkpoint
  ) throws -> AfterTuningError.Difference? {
    if before.path == after.path { return nil }
    let description = DecoderDescription(before.configuration)
    guard description == DecoderDescription(after.configuration) else { return .shape }
    for checkpoint in [before, after] { try checkpoint.checkTensors() }
    for (name, tensor) in before.tensors.sorted(by: { $0.key < $1.key }) {
      guard let other = after.tensors[name] else { continue }
      guard tensor.elementType == other.elementType else {
        return .elementType(
          tensor: name.string, before: tensor.elementType.name, after: other.elementType.name)
      }
    }
    let first = try Tokenizer(before.tokenizer)
    let second = try Tokenizer(after.tokenizer)
    guard first.vocabularySize == second.vocabularySize else {
      return .tokenCount(before: first.vocabularySize, after: second.vocabularySize)
    }
    for id in 0..<first.vocabularySize
    where first.bytes(of: Int32(id)) != second.bytes(of: Int32(id)) {
      return .token(id: id)
    }
    return nil
  }
}
