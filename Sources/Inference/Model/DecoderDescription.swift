public import Kernels

/// What can vary between the decoders of the supported families, as typed choices.
public struct DecoderDescription: Sendable, Hashable {
  /// Rows of the token embedding.
  public var vocabularySize: Int
  /// Width of the residual stream.
  public var dModel: Int
  /// Number of blocks.
  public var layerCount: Int
  /// Heads, their sizes and how far they see.
  public var attention: AttentionShape
  /// Width of the MLP's hidden layer.
  public var dMLP: Int
  /// Most positions the model was made for.
  public var contextLength: Int
  /// Added to mean squares before normalizing.
  public var normEpsilon: Float
  /// Rotary radians per position for each pair of channels, `[d_head / 2]`.
  public var rotaryFrequencies: [Float]
  /// Whether q, k and v projections carry a bias.
  public var hasQueryKeyValueBias: Bool
  /// Whether the attention's output projection carries a bias.
  public var hasOutputBias: Bool
  /// Whether the MLP's projections carry biases.
  public var hasMLPBias: Bool
  /// Whether q and k are normalized per head before the rotary embedding.
  public var hasQueryKeyNorm: Bool
  /// Whether logits are made with the token embedding.
  public var isHeadTied: Bool
}
