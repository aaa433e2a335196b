/// Reads the hyper-parameters under the prefix of a GGUF file's architecture.
struct GGUFKeys {
  let metadata: GGUFMetadata
  let architecture: String
  let family: ModelConfiguration.Family

  init(_ metadata: GGUFMetadata) throws(ModelFileError) {
    self.metadata = metadata
    let key = "general.architecture"
    let name = try metadata.require(key, try metadata.string(key))
    switch name {
    case "llama": family = .llama
    case "qwen2": family = .qwen2
    case "qwen3": family = .qwen3
    default:
      throw .configuration(
        path: metadata.path, .gguf, .unsupportedArchitecture(name.description))
    }
    architecture = name.string
  }

  func name(_ key: String) -> String { "\(architecture).\(key)" }

  func fault(_ fault: ConfigurationFault) -> ModelFileError {
    .configuration(path: metadata.path, .gguf, fault)
  }

  func checking<Value>(
    _ body: () throws(ConfigurationFault) -> Value
  ) throws(ModelFileError) -> Value {
    do { return try body() } catch { throw fault(error) }
  }

  func integer(
    _ key: String, in range: ClosedRange<Int>, default value: Int? = nil
  ) throws(ModelFileError) -> Int {
    try metadata.require(name(key), try metadata.integer(name(key), in: range) ?? value)
  }

  func float(_ key: String) throws(ModelFileError) -> Double {
    try metadata.require(name(key), try metadata.float(name(key)))
  }

  /// Refuses settings that would change the numbers and are not implemented.
  func refuseUnsupported() throws(ModelFileError) {
    if let experts = try metadata.integer(name("expert_count")), experts > 0 {
      throw fault(
        .unsupported(key: name("expert_count"), found: "\(experts)", expected: "a dense MLP"))
    }
    let changing = [
      "attention.scale", "attention.clamp_kqv", "attention.max_alibi_bias",
      "attn_logit_softcapping", "final_logit_softcapping", "logit_scale", "residual_scale",
      "embedding_scale",
    ]
    for key in changing where metadata[name(key)] != nil {
      throw fault(.unsupported(key: name(key), found: "set", expected: "a file without it"))
    }
  }

  func refuseSlidingWindow(contextLength: Int) throws(ModelFileError) {
    let key = name("attention.sliding_window")
    guard let window = try metadata.integer(key), window > 0, window < contextLength else { return }
    throw fault(
      .unsupported(
        key: key, found: "\(window)", expected: "the folder of safetensors, which says more"))
  }

  /// The width of a head, which keys, values and rotary embedding have to share.
  func headWidth(dModel: Int, heads: Int) throws(ModelFileError) -> Int {
    let range = ModelConfiguration.Bounds.headWidth
    let width: Int
    if let stated = try metadata.integer(name("attention.key_length"), in: range) {
      width = stated
    } else {
      guard dModel % heads == 0 else {
        throw fault(
          .indivisible(
            key: name("embedding_length"), value: dModel, by: name("attention.head_count"),
            divisor: heads))
      }
      width = dModel / heads
    }
    for key in ["attention.value_length", "rope.dimension_count"] {
      guard let other = try metadata.integer(name(key)), other != width else { continue }
      throw fault(
        .unsupported(
          key: name(key), found: "\(other)", expected: "the width of a head, \(width)"))
    }
    return width
  }

  /// The rows of the embedding, with which the token list and the stated size have to agree.
  func vocabularySize(_ embeddingShape: [Int]) throws(ModelFileError) -> Int {
    let rows = embeddingShape.first ?? 0
    let range = ModelConfiguration.Bounds.vocabulary
    guard embeddingShape.count == 2, range.contains(rows) else {
      throw fault(
        .outOfRange(
          key: "the shape of token_embd.weight", found: "\(embeddingShape)",
          expected: "[vocabulary, \(name("embedding_length"))]"))
    }
    if let tokens = try metadata.strings(GGUFVocabulary.tokensKey), tokens.count != rows {
      throw disagreement(GGUFVocabulary.tokensKey, "an array of \(tokens.count)", rows)
    }
    if let stated = try metadata.integer(name("vocab_size")), stated != rows {
      throw disagreement(name("vocab_size"), "\(stated)", rows)
    }
    return rows
  }

  private func disagreement(_ key: String, _ value: String, _ rows: Int) -> ModelFileError {
    fault(
      .disagreement(
        key: key, value: value, otherKey: "the number of rows of token_embd.weight",
        other: "\(rows)"))
  }

  func rotary(dHead: Int, factors: [Float]?) throws(ModelFileError) -> RotaryConfiguration {
    let baseKey = name("rope.freq_base")
    let base = try metadata.float(baseKey) ?? 10_000
    var scaling = try linearScaling()
    if let factors {
      guard scaling == .none else {
        throw fault(
          .unsupported(
            key: name("rope.scaling.type"), found: "linear", expected: "none with rope_freqs"))
      }
      guard factors.count == dHead / 2, factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw fault(
          .outOfRange(
            key: "rope_freqs.weight", found: "an array of \(factors.count)",
            expected: "\(dHead / 2) positive factors"))
      }
      scaling = .frequencyFactors(factors)
    }
    let checked = try checking { () throws(ConfigurationFault) in
      try ModelConfiguration.checkedPositive(baseKey, base)
    }
    return RotaryConfiguration(base: checked, scaling: scaling)
  }

  private func linearScaling() throws(ModelFileError) -> RopeScaling {
    let typeKey = name("rope.scaling.type")
    let oldKey = name("rope.scale_linear")
    var factorKey = name("rope.scaling.factor")
    switch try metadata.string(typeKey) {
    case "none": return .none
    case "linear": break
    case nil:
      // Before the type existed, a factor alone meant linear scaling.
      guard metadata[oldKey] != nil else { return .none }
      factorKey = oldKey
    case let other?:
      throw fault(
        .unsupported(key: typeKey, found: other.description, expected: "none or linear"))
    }
    let factor = try metadata.require(factorKey, try metadata.float(factorKey))
    let checked = try checking { () throws(ConfigurationFault) in
      try ModelConfiguration.checkedPositive(factorKey, factor)
    }
    return checked == 1 ? .none : .linear(factor: checked)
  }

  /// A special token.
  func token(_ key: String, vocabularySize: Int) throws(ModelFileError) -> Int32? {
    try metadata.integer("tokenizer.ggml.\(key)", in: 0...vocabularySize - 1).map(Int32.init)
  }

  /// The ends of a text, of a turn and of a message.
  func endOfSequence(vocabularySize: Int) throws(ModelFileError) -> [Int32] {
    var ids: Set<Int32> = []
    for key in ["eos_token_id", "eot_token_id", "eom_token_id"] {
      if let id = try token(key, vocabularySize: vocabularySize) { ids.insert(id) }
    }
    return ids.sorted()
  }
}
