extension ModelConfiguration {
  /// Decodes `config.json`, with the defaults that the transformers library gives each family.
  ///
  /// `generation_config.json` may name more end tokens.
  init(_ object: JSONObject, generation: JSONObject?) throws(ConfigurationFault) {
    let config = ConfigurationReader(object)
    let family = try Self.family(config)
    try Self.refuseUnsupported(config)
    let dModel = try config.require(
      "hidden_size", try config.integer("hidden_size", in: Bounds.width))
    let layerCount = try config.require(
      "num_hidden_layers", try config.integer("num_hidden_layers", in: Bounds.layers))
    let headCount = try config.require(
      "num_attention_heads", try config.integer("num_attention_heads", in: Bounds.heads))
    let keyValueHeadCount =
      try config.integer("num_key_value_heads", in: Bounds.heads)
      ?? family.defaultKeyValueHeadCount(
        heads: headCount, isWritten: config.has("num_key_value_heads"))
    let dHead = try Self.headWidth(config, family: family, dModel: dModel, heads: headCount)
    try Self.checkHeads(
      ("num_attention_heads", headCount), ("num_key_value_heads", keyValueHeadCount),
      ("head_dim", dHead))
    let contextLength =
      try config.integer("max_position_embeddings", in: Bounds.context)
      ?? family.defaultContextLength
    let vocabularySize = try config.require(
      "vocab_size", try config.integer("vocab_size", in: Bounds.vocabulary))
    let hasAttentionBias =
      family == .llama || family == .qwen3 ? try config.bool("attention_bias") ?? false : false
    self.init(
      family: family, vocabularySize: vocabularySize, dModel: dModel, layerCount: layerCount,
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, dHead: dHead,
      dMLP: try config.require(
        "intermediate_size", try config.integer("intermediate_size", in: Bounds.mlpWidth)),
      contextLength: contextLength,
      normEpsilon: try Self.checkedEpsilon(
        "rms_norm_eps", try config.positive("rms_norm_eps") ?? 1e-6),
      rotary: try RotaryConfiguration(config),
      hasQueryKeyValueBias: family == .qwen2 || hasAttentionBias,
      hasOutputBias: hasAttentionBias,
      hasMLPBias: family == .llama ? try config.bool("mlp_bias") ?? false : false,
      hasQueryKeyNorm: family == .qwen3,
      slidingWindow: try Self.slidingWindow(
        config, family: family, layerCount: layerCount, contextLength: contextLength),
      isHeadTied: try config.bool("tie_word_embeddings") ?? false,
      beginningOfSequenceID: try Self.beginningOfSequence(
        config, family: family, vocabularySize: vocabularySize),
      endOfSequenceIDs: try Self.endOfSequence(
        config, generation, family: family, vocabularySize: vocabularySize))
  }

  private static func family(_ config: ConfigurationReader) throws(ConfigurationFault) -> Family {
    let modelType = try config.string("model_type")
    let named = modelType.flatMap { Family(rawValue: $0.string) }
    guard let architectures = try config.array("architectures"), !architectures.isEmpty else {
      guard let modelType else { throw .missing(key: "architectures") }
      guard let named else { throw .unsupportedArchitecture(modelType.description) }
      return named
    }
    guard architectures.count == 1, let architecture = architectures[0].asString else {
      throw .outOfRange(
        key: "architectures", found: "an array of \(architectures.count)",
        expected: "an array of one name")
    }
    guard let family = Family(architecture: architecture.string) else {
      throw .unsupportedArchitecture(architecture.description)
    }
    if let modelType, named != family {
      throw .disagreement(
        key: "architectures", value: architecture.description, otherKey: "model_type",
        other: modelType.description)
    }
    return family
  }

  /// Refuses settings that would change the numbers and are not implemented.
  private static func refuseUnsupported(
    _ config: ConfigurationReader
  ) throws(ConfigurationFault) {
    if let quantization = try config.reader("quantization_config") {
      let method = try quantization.string("quant_method")?.description ?? "set"
      throw .unsupported(
        key: "quantization_config", found: method,
        expected: "an unquantised folder or a GGUF file")
    }
    if let nonlinearity = try config.string("hidden_act"),
      nonlinearity != "silu", nonlinearity != "swish"
    {
      throw .unsupported(
        key: "hidden_act", found: nonlinearity.description, expected: "silu")
    }
    for key in ["torch_dtype", "dtype"] {
      guard let type = try config.string(key) else { continue }
      guard ["float32", "float16", "bfloat16"].contains(type) else {
        throw .unsupported(
          key: key, found: type.description, expected: "float32, float16 or bfloat16")
      }
    }
  }

  private static func headWidth(
    _ config: ConfigurationReader, family: Family, dModel: Int, heads: Int
  ) throws(ConfigurationFault) -> Int {
    if let width = try config.integer("head_dim", in: Bounds.headWidth) { return width }
    if family == .qwen3, !config.has("head_dim") { return 128 }
    guard dModel % heads == 0 else {
      throw .indivisible(
        key: "hidden_size", value: dModel, by: "num_attention_heads", divisor: heads)
    }
    return dModel / heads
  }

  private static func beginningOfSequence(
    _ config: ConfigurationReader, family: Family, vocabularySize: Int
  ) throws(ConfigurationFault) -> Int32? {
    let range = 0...vocabularySize - 1
    if let id = try config.integer("bos_token_id", in: range) { return Int32(id) }
    return config.has("bos_token_id") || !family.isLlamaLike || vocabularySize < 2 ? nil : 1
  }

  private static func endOfSequence(
    _ config: ConfigurationReader, _ generation: JSONObject?, family: Family, vocabularySize: Int
  ) throws(ConfigurationFault) -> [Int32] {
    let key = "eos_token_id"
    var ids: Set<Int32> = []
    if !config.has(key), family.isLlamaLike, vocabularySize > 2 { ids.insert(2) }
    let second = generation.map { ConfigurationReader($0, prefix: "generation_config.") }
    for source in [config, second].compactMap(\.self) {
      guard let value = source.value(key) else { continue }
      for element in value.asArray ?? [value] {
        let id = try source.integer(element, key: key, in: 0...vocabularySize - 1)
        ids.insert(Int32(id))
      }
    }
    return ids.sorted()
  }
}

extension ModelConfiguration.Family {
  /// The family behind a name of the transformers library, or nil when it is not supported.
  init?(architecture: String) {
    switch architecture {
    case "LlamaForCausalLM": self = .llama
    case "MistralForCausalLM": self = .mistral
    case "Qwen2ForCausalLM": self = .qwen2
    case "Qwen3ForCausalLM": self = .qwen3
    default: return nil
    }
  }

  /// Whether absent begin and end tokens mean 1 and 2.
  fileprivate var isLlamaLike: Bool { self == .llama || self == .mistral }

  /// The number of key and value heads when none is given; a written null means as many as query heads.
  fileprivate func defaultKeyValueHeadCount(heads: Int, isWritten: Bool) -> Int {
    if isWritten { return heads }
    return switch self {
    case .llama: heads
    case .mistral: 8
    case .qwen2, .qwen3: 32
    }
  }

  fileprivate var defaultContextLength: Int {
    switch self {
    case .llama: 2_048
    case .mistral: 131_072
    case .qwen2, .qwen3: 32_768
    }
  }
}
