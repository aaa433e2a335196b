/// Translates the tensor names of GGUF files into those of HuggingFace checkpoints.
enum GGUFTensorNames {
  static let embedding: ByteString = "token_embd.weight"
  static let frequencyFactors: ByteString = "rope_freqs.weight"

  private static let modules: [ByteString: String] = [
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]

  /// The HuggingFace name, or nil for a tensor that the supported families do not have.
  static func canonical(_ name: ByteString) -> ByteString? {
    switch name {
    case embedding: return "model.embed_tokens.weight"
    case "output_norm.weight": return "model.norm.weight"
    case "output.weight": return "lm_head.weight"
    default: break
    }
    let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard
      parts.count == 4, parts[0].elementsEqual("blk".utf8), let layer = number(parts[1]),
      let module = modules[ByteString(parts[2])],
      parts[3].elementsEqual("weight".utf8) || parts[3].elementsEqual("bias".utf8)
    else { return nil }
    return ByteString("model.layers.\(layer).\(module).\(ByteString(parts[3]).string)")
  }

  /// A layer's index written the usual way.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    let text = String(decoding: digits, as: UTF8.self)
    guard let number = Int(text), number >= 0, "\(number)" == text else { return nil }
    return number
  }

  /// How the rows of a tensor are ordered in files of the llama architecture.
  ///
  /// Its converter interleaves the halves of every query and key head, because llama.cpp turns
  /// neighbouring elements where HuggingFace turns those half a head apart.
  static func rowOrder(
    of canonicalName: ByteString, configuration: ModelConfiguration
  ) -> StoredTensor.RowOrder {
    guard configuration.family == .llama else { return .plain }
    let name = canonicalName.string
    if name.contains(".self_attn.q_proj.") {
      return .rotaryInterleaved(headCount: configuration.headCount)
    }
    if name.contains(".self_attn.k_proj.") {
      return .rotaryInterleaved(headCount: configuration.keyValueHeadCount)
    }
    return .plain
  }
}
