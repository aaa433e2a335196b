/// Text from a file, compared byte for byte.
///
/// Swift strings compare by canonical equivalence, so two tensor names or two vocabulary entries that
/// differ only in Unicode normalisation would be one dictionary key. Names and tokens are keyed by
/// their bytes instead.
public struct ByteString: Hashable, Sendable {
  /// The bytes, UTF-8 unless the source says otherwise.
  public let bytes: [UInt8]

  /// Wraps bytes as they are.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// The UTF-8 bytes of a string.
  public init(_ string: String) {
    self.bytes = Array(string.utf8)
  }

  /// Hashes the bytes in one go; vocabularies are dictionaries of these.
  public func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// The text, with U+FFFD where the bytes are not UTF-8.
  public var string: String {
    String(decoding: bytes, as: UTF8.self)
  }
}

extension ByteString: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) {
    self.init(value)
  }
}

extension ByteString: Comparable {
  public static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ByteString: CustomStringConvertible {
  /// The text with control characters escaped, cut after 80 characters, safe to print to a terminal.
  public var description: String {
    var shown = ""
    var count = 0
    for scalar in string.unicodeScalars {
      if count == 80 { return shown + "…" }
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      shown += isControl ? scalar.escaped(asASCII: true) : String(scalar)
      count += 1
    }
    return shown
  }
}
