import ModelFiles
import Testing

/// The text of a config.json: the base with members replaced or, when the new text is empty, removed.
private func text(_ changes: [String: String], family: String = "llama") -> String {
  let architecture = ["llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"]
  var members = [
    "architectures": "[\"\(architecture[family, default: "X"])ForCausalLM\"]",
    "model_type": "\"\(family)\"", "vocab_size": "100", "hidden_size": "64",
    "num_hidden_layers": "4", "num_attention_heads": "4", "num_key_value_heads": "2",
    "intermediate_size": "96", "max_position_embeddings": "512",
  ]
  for (key, value) in changes { members[key] = value.isEmpty ? nil : value }
  return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    + "}"
}

/// Opens a folder with this config.json and an empty weight file.
private func configuration(
  _ text: String, generation: String? = nil
) throws -> ModelConfiguration {
  let folder = try TemporaryFolder()
  try folder.write(text, to: "config.json")
  if let generation { try folder.write(generation, to: "generation_config.json") }
  try folder.write(SafetensorsBytes.file("{}"), to: "model.safetensors")
  return try Checkpoint(path: folder.path).configuration
}

@Suite("config.json")
struct ConfigurationTests {
  @Test("fills in what transformers fills in for a llama")
  func llama() throws {
    let expected = ModelConfiguration(
      family: .llama, vocabularySize: 100, dModel: 64, layerCount: 4, headCount: 4,
      keyValueHeadCount: 2, dHead: 16, dMLP: 96, contextLength: 512, normEpsilon: 1e-6,
      rotary: RotaryConfiguration(base: 10_000), beginningOfSequenceID: 1, endOfSequenceIDs: [2])
    #expect(try configuration(text([:])) == expected)
    let sparse = try configuration(
      text(["num_key_value_heads": "", "max_position_embeddings": "", "architectures": ""]))
    #expect(sparse.keyValueHeadCount == 4)
    #expect(sparse.contextLength == 2_048)
  }

  @Test("reads what is written")
  func written() throws {
    let config = try configuration(
      text([
        "head_dim": "24", "rms_norm_eps": "1e-05", "rope_theta": "500000", "attention_bias": "true",
        "mlp_bias": "true", "tie_word_embeddings": "true", "bos_token_id": "null",
        "eos_token_id": "[7, 5]", "hidden_act": "\"silu\"", "torch_dtype": "\"bfloat16\"",
      ]), generation: #"{"eos_token_id": [5, 9], "temperature": 0.2}"#)
    #expect(config.dHead == 24)
    #expect(config.normEpsilon == 1e-5)
    #expect(config.rotary == RotaryConfiguration(base: 500_000))
    #expect(config.hasQueryKeyValueBias && config.hasOutputBias && config.hasMLPBias)
    #expect(config.isHeadTied)
    #expect(config.beginningOfSequenceID == nil)
    #expect(config.endOfSequenceIDs == [5, 7, 9])
  }

  @Test("knows what the other families do differently")
  func families() throws {
    let mistral = try configuration(
      text(["max_position_embeddings": "32768", "sliding_window": "4096"], family: "mistral"))
    #expect(mistral.slidingWindow == 4_096)
    #expect(!mistral.hasQueryKeyValueBias)
    let qwen2 = try configuration(text([:], family: "qwen2"))
    #expect(qwen2.hasQueryKeyValueBias && !qwen2.hasOutputBias && !qwen2.hasQueryKeyNorm)
    #expect(qwen2.beginningOfSequenceID == nil && qwen2.endOfSequenceIDs.isEmpty)
    let qwen3 = try configuration(text([:], family: "qwen3"))
    #expect(qwen3.hasQueryKeyNorm && !qwen3.hasQueryKeyValueBias)
    #expect(qwen3.dHead == 128)
    #expect(try configuration(text(["head_dim": "null"], family: "qwen3")).dHead == 16)
  }

  private static let llama3 = """
    "factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,\
    "original_max_position_embeddings":8192
    """

  @Test(
    "reads rotary scaling in both spellings",
    arguments: [
      (["rope_scaling": "null", "rope_theta": "5e5"], 500_000, RopeScaling.none),
      (["rope_scaling": #"{"type":"linear","factor":2.0}"#], 10_000, .linear(factor: 2)),
      (["rope_scaling": #"{"rope_type":"default"}"#], 10_000, .none),
      (
        ["rope_scaling": "{\"rope_type\":\"llama3\",\(llama3)}", "rope_theta": "500000.0"],
        500_000,
        .llama3(
          factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8_192)
      ),
      (
        ["rope_parameters": "{\"rope_type\":\"llama3\",\"rope_theta\":500000.0,\(llama3)}"],
        500_000,
        .llama3(
          factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8_192)
      ),
      (["rope_parameters": #"{"rope_type":"default","rope_theta":1000000}"#], 1_000_000, .none),
      (
        [
          "rope_parameters": #"{"rope_type":"linear","factor":4,"rope_theta":100}"#,
          "rope_theta": "100.0", "rope_scaling": #"{"type":"linear","factor":4.0}"#,
        ], 100, .linear(factor: 4)
      ),
    ] as [([String: String], Double, RopeScaling)])
  func rotary(changes: [String: String], base: Double, scaling: RopeScaling) throws {
    let config = try configuration(text(changes))
    #expect(config.rotary == RotaryConfiguration(base: base, scaling: scaling))
  }

  @Test(
    "puts a sliding window in force only when it hides something",
    arguments: [
      ("mistral", ["sliding_window": "64"], 64), ("mistral", ["sliding_window": "null"], nil),
      ("mistral", ["sliding_window": "512"], nil), ("llama", ["sliding_window": "null"], nil),
      ("qwen2", ["sliding_window": "64"], nil),
      ("qwen2", ["sliding_window": "64", "use_sliding_window": "true"], nil),
      (
        "qwen2",
        ["sliding_window": "64", "use_sliding_window": "true", "max_window_layers": "0"], 64
      ),
      (
        "qwen3",
        [
          "sliding_window": "64", "use_sliding_window": "true",
          "layer_types":
            #"["full_attention","full_attention","full_attention","full_attention"]"#,
        ], nil
      ),
    ] as [(String, [String: String], Int?)])
  func slidingWindow(family: String, changes: [String: String], expected: Int?) throws {
    #expect(try configuration(text(changes, family: family)).slidingWindow == expected)
  }

  private static let refused: [(String, [String: String], String)] = [
    ("llama", ["architectures": "[\"GPT2LMHeadModel\"]"], "the architecture GPT2LMHeadModel"),
    ("llama", ["architectures": "[\"LlamaModel\", \"X\"]"], "an array of one name"),
    ("llama", ["architectures": "", "model_type": "\"gpt2\""], "the architecture gpt2"),
    ("llama", ["architectures": "", "model_type": ""], "it has no architectures"),
    ("llama", ["model_type": "\"qwen2\""], "architectures is LlamaForCausalLM, but model_type"),
    ("llama", ["hidden_size": ""], "it has no hidden_size"),
    ("llama", ["hidden_size": "0"], "hidden_size is 0"),
    ("llama", ["hidden_size": "2147483648"], "hidden_size is 2147483648"),
    ("llama", ["hidden_size": "64.0"], "hidden_size is 64.0"),
    ("llama", ["hidden_size": "\"64\""], "hidden_size is a string"),
    ("llama", ["hidden_size": "66"], "hidden_size (66) is no multiple of num_attention_heads (4)"),
    ("llama", ["num_hidden_layers": "1025"], "num_hidden_layers is 1025"),
    ("llama", ["num_attention_heads": "0"], "num_attention_heads is 0"),
    ("llama", ["num_key_value_heads": "3"], "is no multiple of num_key_value_heads (3)"),
    ("llama", ["num_key_value_heads": "0"], "num_key_value_heads is 0"),
    ("llama", ["head_dim": "15"], "head_dim is 15, but it has to be even"),
    ("llama", ["vocab_size": "4194305"], "vocab_size is 4194305"),
    ("llama", ["max_position_embeddings": "-1"], "max_position_embeddings is -1"),
    ("llama", ["intermediate_size": "1e3"], "intermediate_size is 1e3"),
    ("llama", ["rms_norm_eps": "0"], "rms_norm_eps is 0"),
    ("llama", ["rms_norm_eps": "1.5"], "rms_norm_eps is 1.5"),
    ("llama", ["rms_norm_eps": "1e-60"], "rms_norm_eps is 1e-60"),
    ("llama", ["rope_theta": "-1"], "rope_theta is -1"),
    ("llama", ["rope_theta": "1e999"], "rope_theta is 1e999"),
    ("llama", ["hidden_act": "\"gelu\""], "hidden_act is gelu"),
    ("llama", ["torch_dtype": "\"int8\""], "torch_dtype is int8"),
    ("llama", ["dtype": "\"float8\""], "dtype is float8"),
    ("llama", ["quantization_config": #"{"quant_method":"gptq"}"#], "quantization_config is gptq"),
    ("llama", ["attention_bias": "1"], "attention_bias is a number"),
    ("llama", ["bos_token_id": "100"], "bos_token_id is 100"),
    ("llama", ["eos_token_id": "[1, -1]"], "eos_token_id is -1"),
    ("llama", ["sliding_window": "64"], "null for LlamaForCausalLM"),
    ("llama", ["partial_rotary_factor": "0.5"], "partial_rotary_factor is 0.5"),
    ("llama", ["rope_scaling": #"{"type":"yarn","factor":2}"#], "rope_scaling.rope_type is yarn"),
    ("llama", ["rope_scaling": #"{"type":"linear"}"#], "it has no rope_scaling.factor"),
    ("llama", ["rope_scaling": #"{"type":"linear","factor":0}"#], "rope_scaling.factor is 0"),
    ("llama", ["rope_scaling": #"{"rope_type":"llama3","factor":8}"#], "low_freq_factor"),
    (
      "llama",
      [
        "rope_scaling":
          #"{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4}"#
      ], "above low_freq_factor"
    ),
    (
      "llama", ["rope_scaling": #"{"rope_type":"linear","type":"dynamic"}"#],
      "rope_scaling.rope_type is linear, but rope_scaling.type is dynamic"
    ),
    (
      "llama", ["rope_parameters": #"{"rope_theta":1}"#, "rope_theta": "2"],
      "but rope_parameters.rope_theta is 1.0"
    ),
    (
      "llama", ["rope_parameters": #"{"full_attention":{"rope_theta":1}}"#],
      "rope_parameters.full_attention is set"
    ),
    ("llama", ["rope_scaling": "[]"], "rope_scaling is an array instead of an object"),
    (
      "qwen2", ["sliding_window": "64", "use_sliding_window": "true", "max_window_layers": "1"],
      "in force in 3 of 4 layers"
    ),
    ("qwen3", ["layer_types": #"["full_attention"]"#], "but num_hidden_layers is 4"),
    (
      "qwen3", ["layer_types": #"["full_attention","chunked","chunked","chunked"]"#],
      "layer_types is chunked"
    ),
  ]

  @Test("is refused when it asks for what cannot be done", arguments: refused)
  func refuses(family: String, changes: [String: String], expected: String) throws {
    let error = try #require(failure { try configuration(text(changes, family: family)) })
    #expect(error.rule == "CF")
    #expect(error.description.contains(expected), "\(error)")
  }

  @Test("may name code to run, which is only noted")
  func remoteCode() throws {
    let folder = try TemporaryFolder()
    try folder.write(text(["auto_map": #"{"AutoModel":"x.Y"}"#]), to: "config.json")
    try folder.write(SafetensorsBytes.file("{}"), to: "model.safetensors")
    let notes = try Checkpoint(path: folder.path).notes
    #expect(notes == ["config.json names code to run (auto_map); it is not run"])
  }

  @Test("is refused when it is not strict JSON or too large")
  func notJSON() {
    #expect(failure { try configuration("[]") }?.description.contains("strict JSON") == true)
    let large = "{\"a\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
    #expect(failure { try configuration(large) }?.description.contains("more than") == true)
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    #expect(failure { try configuration(pointer) }?.description.contains("git lfs pull") == true)
  }
}
