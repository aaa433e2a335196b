import Kernels
public import ModelFiles

/// A family of decoders: what its configuration means.
protocol Architecture {
  /// Turns a configuration of this family into a description.
  static func describe(_ configuration: ModelConfiguration) -> DecoderDescription
}

extension DecoderDescription {
  /// Describes the decoder a configuration stands for.
  public init(_ configuration: ModelConfiguration) {
    let architecture: any Architecture.Type =
      switch configuration.family {
      case .llama, .mistral: Llama.self
      case .qwen2, .qwen3: Qwen.self
      }
    self = architecture.describe(configuration)
  }
}
