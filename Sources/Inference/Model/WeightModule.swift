/// The weight modules of a decoder, by the names checkpoints give them.
public enum WeightModule: String, Codable, Sendable, CaseIterable {
  case embedTokens = "embed_tokens"
  case inputLayerNorm = "input_layernorm"
  case queryProjection = "q_proj"
  case keyProjection = "k_proj"
  case valueProjection = "v_proj"
  case queryNorm = "q_norm"
  case keyNorm = "k_norm"
  case outputProjection = "o_proj"
  case postAttentionLayerNorm = "post_attention_layernorm"
  case gateProjection = "gate_proj"
  case upProjection = "up_proj"
  case downProjection = "down_proj"
  case norm = "norm"
  case head = "lm_head"

  /// The tensor-name prefix of the module, in a layer where it has one.
  package func path(layer: Int?) -> String {
    switch self {
    case .embedTokens, .norm: "model.\(rawValue)"
    case .head: rawValue
    case .inputLayerNorm, .postAttentionLayerNorm: "model.layers.\(layer ?? 0).\(rawValue)"
    case .queryProjection, .keyProjection, .valueProjection, .queryNorm, .keyNorm,
      .outputProjection:
      "model.layers.\(layer ?? 0).self_attn.\(rawValue)"
    case .gateProjection, .upProjection, .downProjection:
      "model.layers.\(layer ?? 0).mlp.\(rawValue)"
    }
  }
}
