extension ModelConfiguration {
  /// The object of a `config.json` that transformers and this package read back as the same model.
  ///
  /// - Parameter elementType: the type of the weights.
  /// - Returns: the object.
  /// - Throws: `ConfigurationFault.unsupported` for what such a file has no word for.
  func json(elementType: ElementType) throws(ConfigurationFault) -> JSONObject {
    var members: [(key: ByteString, value: JSONValue)] = [
      ("architectures", [.string(family.architecture)]),
      ("model_type", .string(family.rawValue)),
      ("vocab_size", .number(vocabularySize)),
      ("hidden_size", .number(dModel)),
      ("intermediate_size", .number(dMLP)),
      ("num_hidden_layers", .number(layerCount)),
      ("num_attention_heads", .number(headCount)),
      ("num_key_value_heads", .number(keyValueHeadCount)),
      ("head_dim", .number(dHead)),
      ("hidden_act", "silu"),
      ("max_position_embeddings", .number(contextLength)),
      // The shortest text that reads back as the same Float.
      ("rms_norm_eps", .number(JSONNumber(token: Array("\(normEpsilon)".utf8)))),
      ("rope_theta", .number(rotary.base)),
      ("rope_scaling", try rotary.scaling.json()),
      ("tie_word_embeddings", .bool(isHeadTied)),
      ("bos_token_id", beginningOfSequenceID.map { .number(Int($0)) } ?? .null),
      ("eos_token_id", Self.json(endOfSequenceIDs)),
      ("torch_dtype", .string(elementType.torchName)),
    ]
    members += try biases()
    members += windows()
    return JSONObject(members)
  }

  /// The object of a `generation_config.json`.
  var generationJSON: JSONObject {
    [
      "bos_token_id": beginningOfSequenceID.map { .number(Int($0)) } ?? .null,
      "eos_token_id": Self.json(endOfSequenceIDs),
    ]
  }

  private static func json(_ ids: [Int32]) -> JSONValue {
    switch ids.count {
    case 0: .null
    case 1: .number(Int(ids[0]))
    default: .array(ids.map { .number(Int($0)) })
    }
  }

  private func biases() throws(ConfigurationFault) -> [(key: ByteString, value: JSONValue)] {
    func demand(_ agrees: Bool, _ key: String) throws(ConfigurationFault) {
      guard agrees else {
        throw .unsupported(
          key: key, found: "in other projections than \(family.architecture) has it",
          expected: "the biases of that architecture")
      }
    }
    switch family {
    case .llama:
      try demand(hasQueryKeyValueBias == hasOutputBias, "attention_bias")
      return [("attention_bias", .bool(hasOutputBias)), ("mlp_bias", .bool(hasMLPBias))]
    case .qwen3:
      try demand(hasQueryKeyValueBias == hasOutputBias && !hasMLPBias, "attention_bias")
      return [("attention_bias", .bool(hasOutputBias))]
    case .mistral:
      try demand(!hasQueryKeyValueBias && !hasOutputBias && !hasMLPBias, "attention_bias")
      return []
    case .qwen2:
      try demand(hasQueryKeyValueBias && !hasOutputBias && !hasMLPBias, "attention_bias")
      return []
    }
  }

  private func windows() -> [(key: ByteString, value: JSONValue)] {
    switch family {
    case .llama: []
    case .mistral: [("sliding_window", slidingWindow.map { .number($0) } ?? .null)]
    case .qwen2, .qwen3:
      [
        ("use_sliding_window", .bool(slidingWindow != nil)),
        ("sliding_window", slidingWindow.map { .number($0) } ?? .null),
        ("max_window_layers", .number(slidingWindow == nil ? layerCount : 0)),
      ]
    }
  }
}

extension ModelConfiguration.Family {
  /// The class of the transformers library.
  fileprivate var architecture: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .mistral: "MistralForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    case .qwen3: "Qwen3ForCausalLM"
    }
  }
}

extension RopeScaling {
  fileprivate func json() throws(ConfigurationFault) -> JSONValue {
    switch self {
    case .none: return .null
    case .linear(let factor): return ["rope_type": "linear", "factor": .number(factor)]
    case .llama3(let factor, let low, let high, let length):
      return [
        "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
        "high_freq_factor": .number(high), "original_max_position_embeddings": .number(length),
      ]
    case .frequencyFactors:
      throw .unsupported(
        key: "rope_freqs.weight", found: "a list of factors",
        expected: "none, linear or Llama 3's rule")
    }
  }
}

extension ElementType {
  /// What PyTorch calls the type.
  ///
  /// - Precondition: weights can be written in it.
  var torchName: String {
    switch self {
    case .f32: "float32"
    case .f16: "float16"
    case .bf16: "bfloat16"
    default: preconditionFailure("weights are not written as \(name)")
    }
  }
}
