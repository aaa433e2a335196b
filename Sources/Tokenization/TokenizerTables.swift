internal import ModelFiles

/// What text is turned into tokens with: everything of a tokenizer that encoding looks at.
///
/// A class, so that a tokenizer is passed around as one reference; nothing in it changes.
final class TokenizerTables: Sendable {
  enum Rule: Sendable {
    case ranked(RankedPairs)
    case scored(ScoredTexts)
  }

  let vocabulary: Vocabulary
  let alphabet: TokenizerDefinition.Alphabet
  let rule: Rule
  let ignoresMerges: Bool
  let missingBytes: TokenizerDefinition.MissingBytes
  /// The token of each byte: its symbol, or `<0x0A>`; -1 when there is none.
  let byteIDs: [Int32]
  let specialTokens: Set<Int32>
  let rawTokens: AddedTokenMatcher
  let normalizedTokens: AddedTokenMatcher
  let hasNormalizedTokens: Bool
  let normalization: [NormalizationStep]
  let prefix: TokenizerDefinition.Prefix
  let preTokenizer: PreTokenizer

  init(_ definition: TokenizerDefinition) throws(TokenizationError) {
    vocabulary = definition.vocabulary
    alphabet = definition.alphabet
    ignoresMerges = definition.ignoresMerges
    missingBytes = definition.missingBytes
    specialTokens = definition.specialTokens
    normalization = definition.normalization
    prefix = definition.prefix
    preTokenizer = PreTokenizer(definition.rules)
    switch definition.merging {
    case .ranked(let table): rule = .ranked(RankedPairs(table: table))
    case .scored(let scores):
      rule = .scored(
        ScoredTexts(vocabulary, scores: scores, blocked: definition.specialTokens))
    }
    byteIDs = try Self.byteIDs(definition)

    let raw = definition.addedTokens.filter { !$0.isNormalized }
    let normalized = definition.addedTokens.filter(\.isNormalized).map { token in
      var token = token
      token.content = Self.normalize(token.content, by: definition.normalization)
      return token
    }
    rawTokens = try Self.matcher(raw, definition)
    normalizedTokens = try Self.matcher(normalized.filter { !$0.content.isEmpty }, definition)
    hasNormalizedTokens = !normalized.isEmpty
  }

  private static func byteIDs(
    _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> [Int32] {
    var ids: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      switch definition.alphabet {
      case .byteLevel:
        let entry = ByteLevel.encode(byte)
        let id = definition.vocabulary.id(of: entry, entry.indices)
        ids.append(id.flatMap { definition.specialTokens.contains($0) ? nil : $0 } ?? -1)
      case .text:
        let entry = TokenizerDefinition.byteToken(byte)
        guard let id = definition.vocabulary.id(of: entry, entry.indices) else {
          throw .missingByteToken(file: definition.file, token: ByteString(entry))
        }
        ids.append(id)
      }
    }
    return ids
  }

  private static func matcher(
    _ tokens: [AddedToken], _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> AddedTokenMatcher {
    do {
      return try AddedTokenMatcher(tokens, precedence: definition.precedence)
    } catch {
      let (first, second) = (tokens[error.first], tokens[error.second])
      throw .repeatedToken(
        file: definition.file, token: ByteString(first.content), first: Int(first.id),
        second: Int(second.id))
    }
  }

  /// A text after all steps of a normaliser.
  private static func normalize(_ content: [UInt8], by steps: [NormalizationStep]) -> [UInt8] {
    var text = AlignedText(content)
    for step in steps { text = step.applied(to: text, 0..<text.bytes.count) }
    return text.bytes
  }
}
