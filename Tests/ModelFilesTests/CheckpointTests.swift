import ModelFiles
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
  private static func requirements(_ checkpoint: Checkpoint) -> [TensorRequirement] {
    checkpoint.tensors.values.map {
      TensorRequirement(name: $0.name.string, shape: $0.shape, because: "it is so")
    }
  }

  @Test("reads the same model from a folder and from GGUF", arguments: ["llama", "qwen2", "qwen3"])
  func sameModel(family: String) throws {
    let folder = try Checkpoint(path: Golden.path("tiny-checkpoints/\(family)"))
    let file = try Checkpoint(path: Golden.path("tiny-checkpoints/\(family).gguf"))
    #expect(folder.format == .safetensors && file.format == .gguf)
    #expect(Set(folder.tensors.keys) == Set(file.tensors.keys))
    for name in folder.tensors.keys.map(\.string) {
      #expect(folder.tensors[ByteString(name)]?.shape == file.tensors[ByteString(name)]?.shape)
      #expect(try folder.values(name) == file.values(name), "\(name)")
    }
    var expected = folder.configuration
    expected.endOfSequenceIDs = [2]
    if family == "llama" {
      expected.rotary = RotaryConfiguration(base: 10_000, scaling: .frequencyFactors([1, 1, 2, 8]))
    }
    #expect(file.configuration == expected)
    try folder.check(Self.requirements(folder))
    try file.check(Self.requirements(folder))
  }

  @Test("decodes blocks straight into the row order of the model")
  func quantizedRows() throws {
    var builder = GGUFBuilder.llama()
    builder.set("llama.embedding_length", .uint32(32))
    builder.tensors.removeAll()
    builder.add("token_embd.weight", [6, 32])
    // One block per row: the scale is 1, every quantum is the row's number.
    let half: [UInt8] = [0x00, 0x3C]
    let data = (0..<8).flatMap { row in half + [UInt8](repeating: UInt8(row), count: 32) }
    builder.tensors.append(
      GGUFBuilder.Tensor(name: "blk.0.attn_q.weight", sizes: [32, 8], type: 8, data: data))
    let folder = try TemporaryFolder()
    let path = try folder.write(builder.bytes(), to: "x.gguf")
    let values = try Checkpoint(path: path).values("model.layers.0.self_attn.q_proj.weight")
    let rows = stride(from: 0, to: values.count, by: 32).map { values[$0] }
    #expect(rows == [0, 2, 1, 3, 4, 6, 5, 7])
  }

  @Test("reports everything that does not fit in one error")
  func mismatches() throws {
    let checkpoint = try Checkpoint(path: Golden.path("tiny-checkpoints/llama"))
    var requirements = Self.requirements(checkpoint)
      .filter { $0.name != "model.norm.weight" && $0.name != "lm_head.weight" }
    requirements.append(
      TensorRequirement(name: "model.norm.weight", shape: [17], because: "hidden_size = 17"))
    requirements.append(TensorRequirement(name: "other.weight", shape: [1], because: ""))
    requirements.append(
      TensorRequirement(name: "optional.weight", shape: [1], because: "", isOptional: true))
    let error = failure { try checkpoint.check(requirements) }
    #expect(
      error?.description == "The tensors of \(checkpoint.path) do not fit config.json; "
        + "missing: other.weight; without use: lm_head.weight; model.norm.weight in "
        + "model.safetensors is [16], but config.json implies [17] (hidden_size = 17). "
        + "Is this config.json from the same checkpoint?")
  }

  @Test("explains a single wrong shape in the shortest way")
  func oneMismatch() throws {
    let checkpoint = try Checkpoint(path: Golden.path("tiny-checkpoints/qwen2"))
    var requirements = Self.requirements(checkpoint)
    let name = "model.layers.1.self_attn.q_proj.weight"
    requirements.removeAll { $0.name == name }
    requirements.append(
      TensorRequirement(
        name: name, shape: [24, 16], because: "num_attention_heads × head_dim = 3 × 8"))
    #expect(
      failure { try checkpoint.check(requirements) }?.description
        == "model.layers.1.self_attn.q_proj.weight in model.safetensors is [16, 16], but "
        + "config.json implies [24, 16] (num_attention_heads × head_dim = 3 × 8). Is this "
        + "config.json from the same checkpoint?")
  }

  @Test("finds what is not finite and says where", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let folder = try TemporaryFolder()
    try folder.copyGolden("tiny-checkpoints/llama/config.json", to: "config.json")
    var values = [Float](repeating: 1, count: 100_000)
    values[40_001] = value
    var writer = SafetensorsWriter()
    writer.add("a", shape: [200, 500], values: values)
    try writer.write(to: folder.path + "/model.safetensors")
    let checkpoint = try Checkpoint(path: folder.path)
    let error = try #require(failure { try checkpoint.values("a") })
    #expect(
      error.description == "a in model.safetensors is \(value) at [80, 1]; weights have to be "
        + "finite, so the file is damaged or came from a diverged run.")
  }

  @Test("finds what is not finite in interleaved rows", arguments: ["weight", "bias"])
  func notFiniteInterleaved(kind: String) throws {
    var builder = GGUFBuilder.llama()
    builder.tensors.removeAll { $0.name.contains("attn_q") }
    var values = [Float](repeating: 1, count: kind == "bias" ? 8 : 64)
    values[kind == "bias" ? 1 : 11] = .nan
    builder.add("blk.0.attn_q.\(kind)", kind == "bias" ? [8] : [8, 8], values)
    let folder = try TemporaryFolder()
    let checkpoint = try Checkpoint(path: try folder.write(builder.bytes(), to: "x.gguf"))
    // Stored row 1 is row 2 of the model.
    #expect(
      failure { try checkpoint.values("model.layers.0.self_attn.q_proj.\(kind)") }?.description
        .contains(kind == "bias" ? "at [2];" : "at [2, 3];") == true)
  }

  @Test("refuses rows that heads cannot share instead of reading past them")
  func oddRows() throws {
    for rows in [0, 1, 6, 7] {
      var builder = GGUFBuilder.llama()
      builder.tensors.removeAll { $0.name.contains("attn_q") }
      builder.add("blk.0.attn_q.weight", [rows, 8])
      let folder = try TemporaryFolder()
      let checkpoint = try Checkpoint(path: try folder.write(builder.bytes(), to: "x.gguf"))
      let error = failure { try checkpoint.values("model.layers.0.self_attn.q_proj.weight") }
      #expect((error == nil) == (rows == 0))
    }
  }

  @Test("reads unaligned halves and refuses integers only when they are needed")
  func types() throws {
    let folder = try TemporaryFolder()
    try folder.copyGolden("tiny-checkpoints/llama/config.json", to: "config.json")
    let header =
      "{" + SafetensorsBytes.entry("i", shape: "[1]", type: "U8", offsets: "[0,1]") + ","
      + SafetensorsBytes.entry("b", shape: "[2]", type: "BF16", offsets: "[1,5]") + "}"
    try folder.write(
      SafetensorsBytes.file(header) + [9, 0x80, 0x3F, 0x20, 0xC1], to: "model.safetensors")
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(try checkpoint.values("b") == [1, -10])
    let needed = ["b", "i"].map {
      TensorRequirement(name: $0, shape: [$0 == "b" ? 2 : 1], because: "")
    }
    let error = failure { try checkpoint.check(needed) }
    #expect(error?.description.contains("of a type that is not read: i (U8)") == true)
    #expect(
      failure { try checkpoint.values("i") }?.description.contains("is stored as U8") == true)
  }

  @Test("takes a copy of the embedding for the tied head and refuses another tensor there")
  func tiedHead() throws {
    let config = try Golden.text("tiny-checkpoints/qwen2/config.json")
    for (last, isAccepted) in [(Float(3), true), (4, false)] {
      let folder = try TemporaryFolder()
      try folder.write(config, to: "config.json")
      var writer = SafetensorsWriter()
      writer.add("model.embed_tokens.weight", shape: [3], values: [1, 2, 3])
      writer.add("lm_head.weight", shape: [3], values: [1, 2, last])
      try writer.write(to: folder.path + "/model.safetensors")
      if isAccepted {
        let names = Array(try Checkpoint(path: folder.path).tensors.keys)
        #expect(names == ["model.embed_tokens.weight"])
      } else {
        let error = failure { try Checkpoint(path: folder.path) }
        #expect(error?.description.contains("tie_word_embeddings is true, but") == true)
      }
    }
  }

  @Test("hashes what it read")
  func digest() throws {
    let file = try Checkpoint(path: Golden.path("tiny-checkpoints/llama.gguf"))
    #expect(file.digest().count == 64)
    let folder = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try folder.copyGolden("tiny-checkpoints/llama/\(name)", to: name)
    }
    let golden = try Checkpoint(path: Golden.path("tiny-checkpoints/llama"))
    #expect(try Checkpoint(path: folder.path).digest() == golden.digest())
    try folder.write(
      try Golden.text("tiny-checkpoints/llama/config.json") + " ", to: "config.json")
    #expect(try Checkpoint(path: folder.path).digest() != golden.digest())
  }

  @Test("gives the tokenizer of either format")
  func tokenizers() throws {
    let folder = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try folder.copyGolden("tiny-checkpoints/llama/\(name)", to: name)
    }
    let checkpoint = try Checkpoint(path: folder.path)
    #expect(
      failure { try checkpoint.tokenizer } == .missingPart(folder: folder.path, part: .tokenizer))
    try folder.write(#"{"version":"1.0"}"#, to: "tokenizer.json")
    try folder.write("{{ x }}", to: "chat_template.jinja")
    guard case .tokenizerJSON(let json, nil, let template, _) = try checkpoint.tokenizer else {
      Issue.record("not a folder's tokenizer")
      return
    }
    #expect(json["version"] == "1.0")
    #expect(template == "{{ x }}")
    let file = try Checkpoint(path: Golden.path("tiny-checkpoints/llama.gguf"))
    guard case .gguf(let metadata, _) = try file.tokenizer else {
      Issue.record("not a GGUF file's tokenizer")
      return
    }
    #expect(try metadata.strings("tokenizer.ggml.tokens")?.count == 24)
  }
}
