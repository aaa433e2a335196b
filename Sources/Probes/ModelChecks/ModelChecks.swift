public import Inference
public import Tokenization

/// The rows of a probe report that only the model itself can fill, over the prompts the probes were fitted
/// on.
///
/// Prompts go through the model layer by layer, many at a time; each check says how many passes it takes.
/// Results depend on the prompts, the model and the seed, not on threads.
public struct ModelChecks: Sendable {
  /// The prompts as the model reads them.
  public let tokens: [TokenizedPrompt]
  /// Their classes and groups, in the same order.
  public let prompts: [ProbePrompt]
  /// The model, loaded with its head.
  public let decoder: Decoder
  /// How many threads compute.
  public let threads: Int
  /// Fixes samples, random directions and bootstrap draws.
  public let seed: UInt64

  /// The most tokens that go through the layers together; a longer prompt is a batch of its own.
  static let tokensPerBatch = 16_384

  /// Joins prompts and the model.
  ///
  /// - Throws: `InferenceError.contextTooShort` for a prompt that is longer than the model's context.
  public init(
    _ tokens: [TokenizedPrompt], _ prompts: [ProbePrompt], decoder: Decoder, threads: Int,
    seed: UInt64
  ) throws {
    precondition(
      tokens.count == prompts.count, "\(tokens.count) tokenized prompts, \(prompts.count) labels")
    let contextLength = decoder.description.contextLength
    for (index, prompt) in tokens.enumerated() where prompt.ids.count > contextLength {
      throw InferenceError.contextTooShort(
        prompt: "Prompt \(index + 1)", tokens: prompt.ids.count, wanted: 0,
        contextLength: contextLength)
    }
    self.tokens = tokens
    self.prompts = prompts
    self.decoder = decoder
    self.threads = threads
    self.seed = seed
  }
}
