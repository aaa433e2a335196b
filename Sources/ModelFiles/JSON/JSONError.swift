/// Why some bytes are not the strict JSON this package reads, and where.
public struct JSONError: Error, Sendable, Equatable {
  /// The byte the parser stood at, from the start of the text.
  public let offset: Int
  /// What was wrong there.
  public let reason: Reason

  /// What can be wrong.
  public enum Reason: Sendable, Equatable {
    /// The text stops in the middle of a value.
    case endsEarly
    /// The text starts with a byte order mark.
    case byteOrderMark
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8, expected: String)
    /// A string holds bytes that are not UTF-8.
    case invalidUTF8
    /// A `\u` escape names half of a surrogate pair.
    case loneSurrogate
    /// A backslash before something that is no escape.
    case badEscape(UInt8)
    /// A control character stands unescaped in a string.
    case controlCharacter(UInt8)
    /// A key occurs twice in one object.
    case repeatedKey(ByteString)
    /// A number is written in a way JSON does not allow.
    case badNumber
    /// Arrays and objects nest deeper than the limit.
    case tooDeep(limit: Int)
    /// A string is longer than the limit.
    case stringTooLong(limit: Int)
    /// Something follows the value.
    case trailingContent
  }

  /// Pairs a place with a reason.
  public init(offset: Int, reason: Reason) {
    self.offset = offset
    self.reason = reason
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    "\(phrase) at byte \(offset)"
  }

  private var phrase: String {
    switch reason {
    case .endsEarly: "the text ends in the middle of a value"
    case .byteOrderMark: "the text starts with a byte order mark"
    case .unexpectedByte(let byte, let expected):
      "\(Self.shown(byte)) stands where \(expected) should"
    case .invalidUTF8: "a string is not UTF-8"
    case .loneSurrogate: "a \\u escape is half of a surrogate pair"
    case .badEscape(let byte): "\(Self.shown(byte)) follows a backslash"
    case .controlCharacter(let byte): "\(Self.shown(byte)) stands unescaped in a string"
    case .repeatedKey(let key): "the key \"\(key)\" occurs twice in one object"
    case .badNumber: "a number is not written as JSON writes numbers"
    case .tooDeep(let limit): "values nest more than \(limit) deep"
    case .stringTooLong(let limit): "a string is longer than \(limit) bytes"
    case .trailingContent: "something follows the value"
    }
  }

  private static func shown(_ byte: UInt8) -> String {
    if (0x21...0x7E).contains(byte) { return "'\(Character(Unicode.Scalar(byte)))'" }
    let digits = String(byte, radix: 16, uppercase: true)
    return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
  }
}
