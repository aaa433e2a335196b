import ModelFiles
import Testing

@Suite("Broken GGUF files")
struct GGUFFaultTests {
  private typealias Change = @Sendable (inout GGUFBuilder) -> Void

  private static let broken: [(rule: String, name: String, change: Change)] = [
    ("GG-1", "the magic of an older format", { $0.magic = Array("GGML".utf8) }),
    ("GG-1", "the magic backwards", { $0.magic = Array("FUGG".utf8) }),
    ("GG-1", "version 0", { $0.version = 0 }),
    ("GG-1", "version 1", { $0.version = 1 }),
    ("GG-1", "version 4", { $0.version = 4 }),
    ("GG-1", "the other byte order", { $0.version = 0x0300_0000 }),
    ("GG-2", "2^63 keys", { $0.valueCount = 1 << 63 }),
    ("GG-2", "2^64 - 1 keys", { $0.valueCount = .max }),
    ("GG-2", "1e9 tensors", { $0.tensorCount = 1_000_000_000 }),
    ("GG-2", "2^64 - 1 tensors", { $0.tensorCount = .max }),
    ("GG-3", "an empty key", { $0.values.append(([], .uint32(1))) }),
    (
      "GG-3", "a key length of 2^63",
      { $0.values.insert((key: [], value: GGUFBuilder.Value(type: 1 << 31, bytes: [])), at: 0) }
    ),
    ("GG-3", "a key that is not UTF-8", { $0.values.append(([0xFF, 0xFE], .uint32(1))) }),
    ("GG-3", "a key with a control character", { $0.values.append(([0x1B, 0x5B], .uint32(1))) }),
    ("GG-3", "a key twice", { $0.values.append(($0.values[1].key, .uint32(1))) }),
    ("GG-4", "value type 13", { $0.set("x", GGUFBuilder.Value(type: 13, bytes: [0])) }),
    (
      "GG-4", "an array of arrays",
      {
        $0.set(
          "x",
          GGUFBuilder.Value(
            type: 9, bytes: UInt32(9).littleEndianBytes + UInt64(1).littleEndianBytes))
      }
    ),
    (
      "GG-4", "array element type 13",
      {
        $0.set(
          "x",
          GGUFBuilder.Value(
            type: 9, bytes: UInt32(13).littleEndianBytes + UInt64(1).littleEndianBytes))
      }
    ),
    (
      "GG-5", "a string of 2^63 bytes",
      { $0.set("x", GGUFBuilder.Value(type: 8, bytes: (1 << 63 as UInt64).littleEndianBytes)) }
    ),
    (
      "GG-5", "a token of 5000 bytes",
      {
        let tokens = ["<s>", "</s>", "<0x0A>", "a", "b", String(repeating: "c", count: 5_000)]
        $0.set("tokenizer.ggml.tokens", .strings(tokens))
      }
    ),
    (
      "GG-6", "an array of 2^63 strings",
      {
        $0.set(
          "x",
          GGUFBuilder.Value(
            type: 9, bytes: UInt32(8).littleEndianBytes + (1 << 63 as UInt64).littleEndianBytes))
      }
    ),
    (
      "GG-6", "an array longer than the file",
      {
        $0.set(
          "x",
          GGUFBuilder.Value(
            type: 9, bytes: UInt32(4).littleEndianBytes + UInt64(1_000_000).littleEndianBytes))
      }
    ),
    ("GG-7", "truth value 7", { $0.set("x", .bool(7)) }),
    (
      "GG-7", "truth value 2 in an array",
      {
        $0.set(
          "x",
          GGUFBuilder.Value(
            type: 9, bytes: UInt32(7).littleEndianBytes + UInt64(2).littleEndianBytes + [1, 2]))
      }
    ),
    ("GG-8", "alignment 0", { $0.set("general.alignment", .uint32(0)) }),
    ("GG-8", "alignment 3", { $0.set("general.alignment", .uint32(3)) }),
    ("GG-8", "alignment 4", { $0.set("general.alignment", .uint32(4)) }),
    ("GG-8", "alignment 2^31", { $0.set("general.alignment", .uint32(1 << 31)) }),
    ("GG-8", "alignment as text", { $0.set("general.alignment", .string("32")) }),
    ("GG-8", "alignment as a signed integer", { $0.set("general.alignment", .int32(32)) }),
    ("GG-9", "a name of 65 bytes", { $0.tensors[0].name = String(repeating: "a", count: 65) }),
    ("GG-9", "an empty name", { $0.tensors[0].name = "" }),
    ("GG-9", "a name with an escape", { $0.tensors[0].name = "\u{1B}[2J" }),
    ("GG-9", "a tensor twice", { $0.tensors[1].name = $0.tensors[0].name }),
    ("GG-10", "no dimensions", { $0.tensors[0].dimensionCount = 0 }),
    ("GG-10", "five dimensions", { $0.tensors[0].dimensionCount = 5 }),
    ("GG-10", "2^32 - 1 dimensions", { $0.tensors[0].dimensionCount = .max }),
    ("GG-10", "2^32 by 2^32 elements", { $0.tensors[0].sizes = [1 << 32, 1 << 32] }),
    ("GG-10", "a dimension near the largest", { $0.tensors[0].sizes = [.max / 4] }),
    ("GG-10", "a dimension of 2^63", { $0.tensors[0].sizes = [1 << 63, 0] }),
    ("GG-11", "a removed type", { $0.tensors[0].type = 4 }),
    ("GG-11", "another removed type", { $0.tensors[0].type = 36 }),
    ("GG-11", "type 2^31", { $0.tensors[0].type = 1 << 31 }),
    ("GG-11", "a type that is not read", { $0.tensors[0].type = 23 }),
    ("GG-11", "integers", { $0.tensors[0].type = 24 }),
    (
      "GG-11", "a row of 31 in blocks of 32",
      {
        $0.tensors[0].type = 2
        $0.tensors[0].sizes = [31]
      }
    ),
    ("GG-13", "an unaligned offset", { $0.tensors[1].offset = 193 }),
    ("GG-13", "an offset past the end", { $0.tensors[1].offset = 1 << 20 }),
    ("GG-13", "an offset of 2^64 - 32", { $0.tensors[1].offset = .max - 31 }),
    ("GG-13", "an overlap", { $0.tensors[1].offset = 0 }),
    ("GG-13", "a hole", { $0.tensors[0].offset = 64 }),
    ("GG-14", "100 bytes after the last tensor", { $0.tail = [UInt8](repeating: 1, count: 100) }),
    ("GG-15", "no architecture", { $0.remove("general.architecture") }),
    ("GG-15", "a size as text", { $0.set("llama.block_count", .string("1")) }),
    ("GG-15", "a negative size", { $0.set("llama.block_count", .int32(-1)) }),
    ("GG-15", "no layers", { $0.set("llama.block_count", .uint32(0)) }),
    ("GG-15", "2^40 layers", { $0.set("llama.block_count", .uint64(1 << 40)) }),
    ("GG-15", "no heads", { $0.set("llama.attention.head_count", .uint32(0)) }),
    ("GG-15", "heads per layer", { $0.set("llama.attention.head_count_kv", .int32s([1])) }),
    (
      "GG-15", "an epsilon that is not a number",
      { $0.set("llama.attention.layer_norm_rms_epsilon", .float(.nan)) }
    ),
    ("GG-15", "an infinite base", { $0.set("llama.rope.freq_base", .float(.infinity)) }),
    ("GG-16", "another architecture", { $0.set("general.architecture", .string("gpt2")) }),
    (
      "GG-16", "heads that do not divide",
      {
        $0.set("llama.attention.head_count", .uint32(4))
        $0.set("llama.attention.head_count_kv", .uint32(3))
      }
    ),
    ("GG-16", "a width that heads do not divide", { $0.set("llama.embedding_length", .uint32(9)) }),
    ("GG-16", "heads of odd width", { $0.set("llama.attention.key_length", .uint32(3)) }),
    ("GG-16", "values of another width", { $0.set("llama.attention.value_length", .uint32(8)) }),
    ("GG-16", "a base of zero", { $0.set("llama.rope.freq_base", .float(0)) }),
    (
      "GG-16", "an epsilon of one",
      { $0.set("llama.attention.layer_norm_rms_epsilon", .float(1)) }
    ),
    ("GG-16", "partial rotary embedding", { $0.set("llama.rope.dimension_count", .uint32(2)) }),
    ("GG-16", "yarn scaling", { $0.set("llama.rope.scaling.type", .string("yarn")) }),
    ("GG-16", "experts", { $0.set("llama.expert_count", .uint32(8)) }),
    ("GG-16", "a soft cap", { $0.set("llama.attn_logit_softcapping", .float(30)) }),
    ("GG-16", "a sliding window", { $0.set("llama.attention.sliding_window", .uint32(16)) }),
    (
      "GG-16", "factors of the wrong number",
      { $0.add("rope_freqs.weight", [3], [1, 1, 1]) }
    ),
    ("GG-16", "a factor of zero", { $0.add("rope_freqs.weight", [2], [1, 0]) }),
    (
      "GG-16", "more tokens than rows",
      {
        $0.set(
          "tokenizer.ggml.tokens",
          .strings(["<s>", "</s>", "<0x0A>", "a", "b", "ab", "c"]))
        $0.remove("tokenizer.ggml.scores")
        $0.remove("tokenizer.ggml.token_type")
      }
    ),
    ("GG-16", "another stated size", { $0.set("llama.vocab_size", .uint32(7)) }),
    ("GG-16", "no embedding", { $0.tensors.removeFirst() }),
    ("GG-17", "scores of another length", { $0.set("tokenizer.ggml.scores", .floats([0])) }),
    ("GG-17", "types of another length", { $0.set("tokenizer.ggml.token_type", .int32s([1])) }),
    (
      "GG-17", "token type 7",
      { $0.set("tokenizer.ggml.token_type", .int32s([3, 3, 6, 1, 1, 7])) }
    ),
    (
      "GG-17", "a byte token written -1",
      { $0.set("tokenizer.ggml.tokens", .strings(["<s>", "</s>", "<0x-1>", "a", "b", "ab"])) }
    ),
    (
      "GG-17", "a byte token written GG",
      { $0.set("tokenizer.ggml.tokens", .strings(["<s>", "</s>", "<0xGG>", "a", "b", "ab"])) }
    ),
    (
      "GG-17", "a byte token written 100",
      { $0.set("tokenizer.ggml.tokens", .strings(["<s>", "</s>", "<0x100>", "a", "b", "ab"])) }
    ),
    (
      "GG-17", "a byte token twice",
      {
        $0.set("tokenizer.ggml.tokens", .strings(["<s>", "</s>", "<0x0A>", "<0x0A>", "b", "ab"]))
        $0.set("tokenizer.ggml.token_type", .int32s([3, 3, 6, 6, 1, 1]))
      }
    ),
    ("GG-17", "an end token out of range", { $0.set("tokenizer.ggml.eos_token_id", .uint32(6)) }),
    (
      "GG-17", "a padding token out of range",
      { $0.set("tokenizer.ggml.padding_token_id", .uint32(.max)) }
    ),
    ("GG-18", "a part under a name that says nothing", { $0.set("split.count", .uint32(3)) }),
    ("GG-15", "more parts than there can be", { $0.set("split.count", .uint32(10_000)) }),
  ]

  @Test("are refused by the rule they break", arguments: broken.indices)
  func refuses(index: Int) throws {
    let (rule, name, change) = Self.broken[index]
    var builder = GGUFBuilder.llama()
    change(&builder)
    var bytes = builder.bytes()
    if name == "a key length of 2^63" {
      bytes.replaceSubrange(24..<32, with: (1 << 63 as UInt64).littleEndianBytes)
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "x.gguf")
    let error = try #require(failure { try Checkpoint(path: path) }, "\(name) was accepted")
    #expect(error.rule == rule, "\(name): \(error)")
    #expect(error.kind == .badInput)
    let sentence = error.description
    #expect(sentence.hasPrefix(path) && sentence.contains("(\(rule)"))
    #expect(sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test("are refused when they end early, wherever that is")
  func truncated() throws {
    let whole = GGUFBuilder.llama().bytes()
    #expect(throws: Never.self) { try GGUFHeader(whole.span) }
    for count in 1..<whole.count {
      #expect(throws: GGUFProblem.self) { try GGUFHeader(Array(whole[..<count]).span) }
    }
  }

  @Test("are refused when their data would start after their end")
  func noData() throws {
    let whole = GGUFBuilder.llama().bytes()
    let start = try #require(try GGUFHeader(whole.span).tensors.first?.offset)
    let error = #expect(throws: GGUFProblem.self) {
      try GGUFHeader(Array(whole[..<(start - 1)]).span)
    }
    #expect(error?.fault == .dataStart(UInt64(start), count: start - 1))
    #expect(error?.fault.rule == "GG-12")
  }

  @Test("name the file, the place and the way out")
  func sentences() {
    let table: [(GGUFFault, Int?, String)] = [
      (
        .magic(Array("GG\u{1B}L".utf8)), 0,
        "m.gguf is not a sound GGUF file: it starts with \"GG\\u{1B}L\" instead of \"GGUF\" "
          + "(GG-1, byte 0)."
      ),
      (
        .beyondEnd(tensor: "a", offset: 64, byteCount: 128, available: 100), 90,
        "m.gguf is not a sound GGUF file: the tensor a needs 128 bytes from offset 64, but only "
          + "100 bytes of data are there; the download may be incomplete (GG-13, byte 90)."
      ),
      (
        .unsupportedType(tensor: "a", name: "IQ4_XS"), nil,
        "m.gguf is not a sound GGUF file: the tensor a has the type IQ4_XS, which is not read; use "
          + "a file quantised as F32, F16, BF16, Q8_0, Q6_K, Q5_1, Q5_K, Q5_0, Q4_1, Q4_K, Q4_0, "
          + "Q3_K, Q2_K (GG-11)."
      ),
    ]
    for (fault, offset, sentence) in table {
      #expect(
        ModelFileError.gguf(path: "m.gguf", offset: offset, fault).description == sentence)
    }
  }
}
