/// Where a tensor lies in a file and how it is written there.
public struct StoredTensor: Sendable, Equatable {
  /// The name in HuggingFace's vocabulary, such as `model.layers.3.self_attn.q_proj.weight`.
  public let name: ByteString
  /// The sizes in PyTorch's order: a weight matrix is `[out, in]`.
  public let shape: [Int]
  /// How its numbers are written.
  public let elementType: ElementType
  /// Which of the checkpoint's files holds it.
  public internal(set) var fileIndex: Int
  /// The offset of its first byte from the start of the file.
  public let offset: Int
  /// The number of its bytes.
  public let byteCount: Int
  /// How its rows are ordered in the file.
  let rowOrder: RowOrder

  /// How the rows of a query or key projection are ordered.
  enum RowOrder: Sendable, Equatable {
    /// As the model uses them.
    case plain
    /// Within each head, the two halves that rotary embedding pairs are interleaved, as GGUF files of
    /// the llama architecture have them.
    case rotaryInterleaved(headCount: Int)
  }

  /// The number of elements.
  ///
  /// The parsers check that the product fits before they make a tensor.
  public var elementCount: Int { shape.reduce(1, *) }
}

extension Array where Element == Int {
  /// The product, or nil when it overflows.
  var checkedProduct: Int? {
    var product = 1
    var hasZero = false
    for size in self {
      if size == 0 { hasZero = true }
      let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(size, 1))
      if overflow { return nil }
      product = next
    }
    return hasZero ? 0 : product
  }
}

/// Rules for names that come from files.
enum NameRule {
  /// Whether a byte is an ASCII letter or digit, a dot, an underscore or a hyphen.
  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Whether bytes are 1 to `limit` bytes of UTF-8 without control characters.
  static func accepts(_ name: ByteString, limit: Int = 512) -> Bool {
    guard (1...limit).contains(name.bytes.count), UTF8Scalar.isValid(name.bytes.span) else {
      return false
    }
    var previous: UInt8 = 0
    for byte in name.bytes {
      // U+0080 to U+009F are written C2 80 to C2 9F.
      if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return false }
      previous = byte
    }
    return true
  }
}
