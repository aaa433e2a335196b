import Kernels
import ModelFiles

/// Llama 2 and 3, SmolLM2, Mistral: RMS norms before attention and MLP, rotary positions, SiLU-gated MLP.
enum Llama: Architecture {
  static func describe(_ configuration: ModelConfiguration) -> DecoderDescription {
    DecoderDescription(
      vocabularySize: configuration.vocabularySize,
      dModel: configuration.dModel,
      layerCount: configuration.layerCount,
      attention: AttentionShape(
        headCount: configuration.headCount,
        keyValueHeadCount: configuration.keyValueHeadCount,
        dHead: configuration.dHead,
        window: configuration.slidingWindow),
      dMLP: configuration.dMLP,
      contextLength: configuration.contextLength,
      normEpsilon: configuration.normEpsilon,
      rotaryFrequencies: rotaryFrequencies(configuration.rotary, dHead: configuration.dHead),
      hasQueryKeyValueBias: configuration.hasQueryKeyValueBias,
      hasOutputBias: configuration.hasOutputBias,
      hasMLPBias: configuration.hasMLPBias,
      hasQueryKeyNorm: false,
      isHeadTied: configuration.isHeadTied)
  }
}
