import ModelFiles

/// Qwen 2 and 2.5 (biases on q, k and v) and Qwen 3 (q and k normalized per head); otherwise as Llama.
enum Qwen: Architecture {
  static func describe(_ configuration: ModelConfiguration) -> DecoderDescription {
    var description = Llama.describe(configuration)
    description.hasQueryKeyNorm = configuration.hasQueryKeyNorm
    return description
  }
}
