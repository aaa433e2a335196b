public import Inference
public import Tokenization

/// A probe of the model before the tuning, which says of a prompt whether that model recognises it as harmful.
///
/// It reads both models as it was fitted. It is a signal beside the verdict and never part of it.
public struct FrozenProbe: Sendable {
  /// Digest of the file that it is from.
  public let digest: String
  /// Its name in the file.
  public let name: String
  /// The label that a score above 0 decides for.
  public let meaning: String
  /// The score of a prompt under a model.
  let score: @Sendable (TokenizedPrompt, Decoder) throws -> Double

  /// States a probe and how it scores.
  public init(
    digest: String, name: String, meaning: String,
    score: @escaping @Sendable (TokenizedPrompt, Decoder) throws -> Double
  ) {
    self.digest = digest
    self.name = name
    self.meaning = meaning
    self.score = score
  }
}
