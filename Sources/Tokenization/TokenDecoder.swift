/// Turns tokens into text as they come, holding back bytes until they make whole characters.
public struct TokenDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var held: [UInt8] = []
  private var isAtStart: Bool

  /// A decoder before its first token.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skippingSpecialTokens
    isAtStart = tokenizer.stripsLeadingSpace
  }

  /// The text that a further token completes; often the token's own, sometimes empty.
  public mutating func append(_ id: Int32) -> String {
    if skipsSpecialTokens, tokenizer.isSpecial(id) { return "" }
    var bytes = tokenizer.bytes(of: id)
    if isAtStart, let first = bytes.first {
      if first == UInt8(ascii: " ") { bytes.removeFirst() }
      isAtStart = false
    }
    held += bytes
    let whole = held.count - Self.incompleteSuffix(of: held)
    let text = String(decoding: held[..<whole], as: UTF8.self)
    held.removeFirst(whole)
    return text
  }

  /// What was held back at the end: U+FFFD for a character that never came whole.
  public mutating func finish() -> String {
    let text = String(decoding: held, as: UTF8.self)
    held.removeAll()
    return text
  }

  /// How many bytes at the end may be the start of a character.
  private static func incompleteSuffix(of bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if byte & 0xC0 == 0x80 { continue }
      let expected =
        switch byte {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      return expected > length ? length : 0
    }
    return 0
  }
}
