/// Checks the vocabulary arrays of a GGUF file against each other.
enum GGUFVocabulary {
  static let tokensKey = "tokenizer.ggml.tokens"
  private static let typesKey = "tokenizer.ggml.token_type"
  private static let scoresKey = "tokenizer.ggml.scores"
  private static let tokenByteLimit = 4096
  private static let byteType = 6

  /// Demands equal lengths, known token types, well-formed byte tokens and special ids in range.
  static func check(_ metadata: GGUFMetadata) throws(ModelFileError) {
    guard let tokens = try metadata.strings(tokensKey) else { return }
    for index in tokens.indices where tokens.byteCount(at: index) > tokenByteLimit {
      throw metadata.fault(.tokenTooLong(index: index))
    }
    if let scores = try metadata.floats(scoresKey), scores.count != tokens.count {
      throw metadata.fault(
        .vocabularyLengths(
          tokens: tokens.count, other: ByteString(scoresKey), count: scores.count))
    }
    if let types = try metadata.integers(typesKey) {
      guard types.count == tokens.count else {
        throw metadata.fault(
          .vocabularyLengths(
            tokens: tokens.count, other: ByteString(typesKey), count: types.count))
      }
      if let fault = fault(in: types, of: tokens) { throw metadata.fault(fault) }
    }
    try checkSpecialTokens(metadata, vocabularySize: tokens.count)
  }

  private static func fault(in types: [Int], of tokens: GGUFStrings) -> GGUFFault? {
    var bytes: Set<ByteString> = []
    for (index, type) in types.enumerated() {
      guard (1...6).contains(type) else { return .tokenType(index: index, found: type) }
      guard type == byteType else { continue }
      let text = tokens[index]
      guard isByteToken(text) else { return .byteToken(index: index, text: text) }
      guard bytes.insert(text).inserted else { return .repeatedByteToken(text) }
    }
    return nil
  }

  /// Whether a token is written `<0x` and two upper-case hexadecimal digits and `>`.
  private static func isByteToken(_ text: ByteString) -> Bool {
    let bytes = text.bytes
    return bytes.count == 6 && bytes.starts(with: "<0x".utf8) && bytes[5] == UInt8(ascii: ">")
      && bytes[3...4].allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
      }
  }

  private static func checkSpecialTokens(
    _ metadata: GGUFMetadata, vocabularySize: Int
  ) throws(ModelFileError) {
    for key in metadata.keys.map(\.string)
    where key.hasPrefix("tokenizer.ggml.") && key.hasSuffix("_token_id") {
      guard let id = try metadata.integer(key), id >= vocabularySize else { continue }
      throw metadata.fault(
        .specialToken(key: ByteString(key), found: "\(id)", vocabularySize: vocabularySize))
    }
  }
}
