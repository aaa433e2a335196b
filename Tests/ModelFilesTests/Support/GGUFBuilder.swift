import ModelFiles

/// Puts GGUF files together byte by byte, sound ones and others.
struct GGUFBuilder {
  /// A metadata value as it is written: its type number and its bytes.
  struct Value {
    var type: UInt32
    var bytes: [UInt8]

    static func uint32(_ value: UInt32) -> Value { Value(type: 4, bytes: value.littleEndianBytes) }
    static func int32(_ value: Int32) -> Value { Value(type: 5, bytes: value.littleEndianBytes) }
    static func uint64(_ value: UInt64) -> Value { Value(type: 10, bytes: value.littleEndianBytes) }
    static func float(_ value: Float) -> Value {
      Value(type: 6, bytes: value.bitPattern.littleEndianBytes)
    }
    static func bool(_ byte: UInt8) -> Value { Value(type: 7, bytes: [byte]) }
    static func string(_ text: String) -> Value { Value(type: 8, bytes: GGUFBuilder.text(text)) }
    static func strings(_ texts: [String]) -> Value {
      Value(
        type: 9,
        bytes: UInt32(8).littleEndianBytes + UInt64(texts.count).littleEndianBytes
          + texts.flatMap(GGUFBuilder.text))
    }
    static func int32s(_ values: [Int32]) -> Value {
      Value(
        type: 9,
        bytes: UInt32(5).littleEndianBytes + UInt64(values.count).littleEndianBytes
          + values.flatMap(\.littleEndianBytes))
    }
    static func floats(_ values: [Float]) -> Value {
      Value(
        type: 9,
        bytes: UInt32(6).littleEndianBytes + UInt64(values.count).littleEndianBytes
          + values.flatMap(\.bitPattern.littleEndianBytes))
    }
  }

  struct Tensor {
    var name: String
    /// In the file's order, innermost first.
    var sizes: [UInt64]
    var type: UInt32 = 0
    var data: [UInt8]
    /// Overrides the running offset.
    var offset: UInt64?
    /// Overrides the number of sizes.
    var dimensionCount: UInt32?
  }

  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  var values: [(key: [UInt8], value: Value)] = []
  var tensors: [Tensor] = []
  var alignment = 32
  var valueCount: UInt64?
  var tensorCount: UInt64?
  var tail: [UInt8] = []

  static func text(_ text: String) -> [UInt8] {
    UInt64(text.utf8.count).littleEndianBytes + Array(text.utf8)
  }

  mutating func set(_ key: String, _ value: Value) {
    remove(key)
    values.append((Array(key.utf8), value))
  }

  mutating func remove(_ key: String) {
    values.removeAll { $0.key == Array(key.utf8) }
  }

  mutating func add(_ name: String, _ shape: [Int], _ floats: [Float]? = nil) {
    let values = floats ?? (0..<shape.reduce(1, *)).map { Float($0) / 64 }
    tensors.append(
      Tensor(
        name: name, sizes: shape.reversed().map(UInt64.init),
        data: values.flatMap(\.bitPattern.littleEndianBytes)))
  }

  func bytes() -> [UInt8] {
    var output = magic + version.littleEndianBytes
    output += (tensorCount ?? UInt64(tensors.count)).littleEndianBytes
    output += (valueCount ?? UInt64(values.count)).littleEndianBytes
    for (key, value) in values {
      output += UInt64(key.count).littleEndianBytes + key + value.type.littleEndianBytes
      output += value.bytes
    }
    var offset = 0
    for tensor in tensors {
      output += Self.text(tensor.name)
      output += (tensor.dimensionCount ?? UInt32(tensor.sizes.count)).littleEndianBytes
      output += tensor.sizes.flatMap(\.littleEndianBytes)
      output += tensor.type.littleEndianBytes
      output += (tensor.offset ?? UInt64(offset)).littleEndianBytes
      offset = Self.padded(offset + tensor.data.count, to: alignment)
    }
    output += [UInt8](repeating: 0, count: Self.padded(output.count, to: alignment) - output.count)
    for (index, tensor) in tensors.enumerated() {
      output += tensor.data
      guard index < tensors.count - 1 else { break }
      let end = Self.padded(tensor.data.count, to: alignment)
      output += [UInt8](repeating: 0, count: end - tensor.data.count)
    }
    return output + tail
  }

  private static func padded(_ count: Int, to alignment: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  /// A tiny but complete llama: one block, width 8, two heads, six tokens.
  static func llama() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string("llama"))
    builder.set("llama.block_count", .uint32(1))
    builder.set("llama.context_length", .uint32(64))
    builder.set("llama.embedding_length", .uint32(8))
    builder.set("llama.feed_forward_length", .uint32(12))
    builder.set("llama.attention.head_count", .uint32(2))
    builder.set("llama.attention.head_count_kv", .uint32(1))
    builder.set("llama.attention.layer_norm_rms_epsilon", .float(1e-5))
    builder.set("llama.rope.freq_base", .float(10_000))
    builder.set("tokenizer.ggml.tokens", .strings(["<s>", "</s>", "<0x0A>", "a", "b", "ab"]))
    builder.set("tokenizer.ggml.scores", .floats([0, 0, 0, -1, -2, -3]))
    builder.set("tokenizer.ggml.token_type", .int32s([3, 3, 6, 1, 1, 1]))
    builder.set("tokenizer.ggml.bos_token_id", .uint32(0))
    builder.set("tokenizer.ggml.eos_token_id", .uint32(1))
    builder.add("token_embd.weight", [6, 8])
    builder.add("output_norm.weight", [8])
    for (name, shape) in [
      ("attn_norm", [8]), ("attn_q", [8, 8]), ("attn_k", [4, 8]), ("attn_v", [4, 8]),
      ("attn_output", [8, 8]), ("ffn_norm", [8]), ("ffn_gate", [12, 8]), ("ffn_up", [12, 8]),
      ("ffn_down", [8, 12]),
    ] {
      builder.add("blk.0.\(name).weight", shape)
    }
    return builder
  }
}
