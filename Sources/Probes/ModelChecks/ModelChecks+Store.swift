public import Activations
public import Inference
import ModelFiles
import Tokenization

extension ModelChecks {
  /// Takes the prompts of a dataset from the store it was read from, by their tokens: neither their text nor
  /// a template is needed.
  ///
  /// - Parameters:
  ///   - stored: the dataset.
  ///   - store: where it was read from.
  ///   - decoder: the model, loaded with its head, at the store's precision.
  ///   - modelDigest: the digest of the model's files.
  ///   - adapterDigest: the digest of what adapters add; nil without one.
  ///   - threads: how many threads compute.
  ///   - seed: fixes samples, random directions and bootstrap draws.
  /// - Throws: `ModelCheckError` where the store is of another model.
  public init(
    _ stored: StoredProbeDataset, of store: ActivationStore, decoder: Decoder, modelDigest: String,
    adapterDigest: String? = nil, threads: Int, seed: UInt64
  ) throws {
    for (what, found, expected) in [
      ("model", store.identity.modelDigest, modelDigest),
      ("adapter", store.identity.adapterDigest ?? "none", adapterDigest ?? "none"),
    ] where found != expected {
      throw ModelCheckError.otherModel(
        path: store.path, what: what, found: ByteString(found), expected: ByteString(expected))
    }
    let vocabularySize = decoder.description.vocabularySize
    try self.init(
      stored.storedPrompts.map {
        try store.tokenizedPrompt($0, vocabularySize: vocabularySize)
      }, stored.dataset.prompts, decoder: decoder, threads: threads, seed: seed)
  }
}

extension ActivationStore {
  /// The tokens of one prompt, none of them outside a vocabulary.
  fileprivate func tokenizedPrompt(
    _ prompt: Int, vocabularySize: Int
  ) throws(ModelCheckError) -> TokenizedPrompt {
    let range = tokens.offsets[prompt]..<tokens.offsets[prompt + 1]
    guard !range.isEmpty else { throw .noTokens(path: path, prompt: prompt) }
    var roles: [PositionRole] = []
    for index in range {
      guard (0..<vocabularySize).contains(Int(tokens.ids[index])) else {
        throw .token(
          path: path, prompt: prompt, found: tokens.ids[index], vocabularySize: vocabularySize)
      }
      guard let role = PositionRole(rawValue: tokens.roles[index]) else {
        throw .role(path: path, prompt: prompt, found: tokens.roles[index])
      }
      roles.append(role)
    }
    return TokenizedPrompt(ids: Array(tokens.ids[range]), roles: roles)
  }
}
