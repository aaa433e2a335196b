public import ModelFiles

/// A model on disk and the adapters that are applied to it, if any.
public struct AdaptedModel: Sendable {
  /// The model without adapters.
  public let checkpoint: Checkpoint
  /// The adapters, added one after another.
  public let adapters: [AppliedAdapter]
  /// Things a user may want to know that make nothing wrong.
  public let notes: [String]

  /// Applies adapters to a model, which they have to fit.
  ///
  /// - Throws: `ModelFileError.adapterDoesNotFit` for an adapter of another model, by its modules and shapes.
  public init(_ checkpoint: Checkpoint, adapters: [AppliedAdapter] = []) throws(ModelFileError) {
    let modules = DecoderDescription(checkpoint.configuration).linearModules
    for applied in adapters {
      try applied.adapter.check(against: modules, name: applied.name, base: checkpoint.path)
    }
    self.checkpoint = checkpoint
    self.adapters = adapters
    notes = Self.notes(on: adapters, of: checkpoint)
  }

  /// The SHA-256 of what the adapters add; nil without one.
  public var adapterDigest: String? {
    switch adapters.count {
    case 0: nil
    case 1: adapters[0].adapter.digest(weight: adapters[0].weight)
    default:
      Digest.sha256(
        of: Array(adapters.map { $0.adapter.digest(weight: $0.weight) + "\n" }.joined().utf8))
    }
  }

  /// The paths of the model's files and its adapters' folders.
  public var filePaths: [String] { checkpoint.filePaths + adapters.compactMap(\.path) }

  /// Where the weights come from: the checkpoint's, with every update added.
  package var weights: any WeightSource {
    adapters.isEmpty ? checkpoint : AdaptedWeights(checkpoint, adapters: adapters)
  }

  /// Says which adapters were made on another model than this, as far as they say it.
  private static func notes(on adapters: [AppliedAdapter], of checkpoint: Checkpoint) -> [String] {
    let origins = adapters.compactMap { applied in
      applied.adapter.baseDigest.map { (name: applied.name, digest: $0) }
    }
    // The digest of a large model takes its time, and most adapters do not ask for it.
    guard !origins.isEmpty else { return [] }
    let digest = checkpoint.digest()
    return origins.filter { $0.digest != digest }.map { origin in
      "\(ByteString(origin.name)) was made on another model (sha256 \(origin.digest.prefix(12))…) than "
        + "\(ByteString(checkpoint.path)) (\(digest.prefix(12))…); it fits, but may mean something else there"
    }
  }
}

extension DecoderDescription {
  /// The path of each linear module and the shape of its weight, `[out, in]`; the head only where it is of its
  /// own.
  public var linearModules: [(path: String, shape: [Int])] {
    DecoderWeights.requirements(self).compactMap { requirement in
      let path = String(requirement.name.dropLast(".weight".count))
      guard requirement.name.hasSuffix(".weight"), requirement.shape.count == 2,
        path != WeightModule.embedTokens.path(layer: nil)
      else { return nil }
      return (path, requirement.shape)
    }
  }
}

extension Checkpoint {
  /// Compares the tensors with what a decoder of the model's configuration needs.
  ///
  /// - Throws: `ModelFileError.tensorsDoNotFit`.
  package func checkTensors() throws(ModelFileError) {
    try check(DecoderWeights.requirements(DecoderDescription(configuration)))
  }
}
