/// How large the parts of a JSON text may be.
public struct JSONLimits: Sendable {
  /// How deep arrays and objects may nest.
  public var depth: Int
  /// How many bytes a string or a key may have once its escapes are resolved.
  public var stringBytes: Int

  /// Sets both limits.
  public init(depth: Int = 64, stringBytes: Int = 1 << 20) {
    self.depth = depth
    self.stringBytes = stringBytes
  }

  /// 64 levels, strings of 1 MiB.
  public static let `default` = JSONLimits()
}

extension JSONValue {
  /// Parses one strict JSON text: UTF-8 without a byte order mark, no repeated keys, nothing after it.
  public static func parse(
    _ bytes: Span<UInt8>, limits: JSONLimits = .default
  ) throws(JSONError) -> JSONValue {
    var scanner = try JSONScanner(bytes, limits: limits)
    let value = try scanner.value()
    try scanner.finish()
    return value
  }

  /// Parses one strict JSON text.
  public static func parse(
    _ bytes: [UInt8], limits: JSONLimits = .default
  ) throws(JSONError) -> JSONValue {
    try parse(bytes.span, limits: limits)
  }

  /// Parses one strict JSON text.
  @unsafe public static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default
  ) throws(JSONError) -> JSONValue {
    try unsafe parse(bytes.bindMemory(to: UInt8.self).span, limits: limits)
  }
}

extension JSONScanner {
  /// Reads the next value whole.
  mutating func value() throws(JSONError) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case let byte: throw failure(.unexpectedByte(byte, expected: "a value"))
    }
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    try open(UInt8(ascii: "["), "an array")
    var elements: [JSONValue] = []
    while try hasNext(first: elements.isEmpty, closing: UInt8(ascii: "]")) {
      elements.append(try value())
    }
    return elements
  }

  /// Reads the next value, which has to be an object.
  mutating func object() throws(JSONError) -> JSONObject {
    try open(UInt8(ascii: "{"), "an object")
    var members: [(key: ByteString, value: JSONValue)] = []
    while let key = try nextKey(first: members.isEmpty) {
      members.append((key, try value()))
    }
    guard let object = JSONObject(unique: members) else {
      throw failure(.repeatedKey(Self.firstRepeated(members.map(\.key))))
    }
    return object
  }

  private static func firstRepeated(_ keys: [ByteString]) -> ByteString {
    var seen: Set<ByteString> = []
    return keys.first { !seen.insert($0).inserted } ?? ""
  }
}
