public import ModelFiles

/// A token and the bytes of the text it stands for.
public struct Token: Sendable, Equatable {
  /// The token's id.
  public var id: Int32
  /// Where it comes from in the text that was encoded, in bytes.
  ///
  /// Ranges are in order. Where a normaliser has replaced some bytes, each token made from them has all
  /// of their range; a token of a space that was put in has an empty one.
  public var range: Range<Int>

  /// A token from a place.
  public init(id: Int32, range: Range<Int>) {
    self.id = id
    self.range = range
  }
}

/// Turns text into a model's tokens and back, exactly as the model's own tokenizer does.
///
/// A tokenizer.json gives the ids that HuggingFace's tokenizers gives, a GGUF file those of llama.cpp,
/// also where the two differ:
/// - llama.cpp knows the letters of Unicode 15, HuggingFace those of 16 and digits of 17.
/// - Only HuggingFace composes text (NFC, Unicode 9) where the model asks for it.
/// - Only HuggingFace takes `'ſ` for the contraction `'s`.
/// - A byte without a token is left out; only in HuggingFace may its neighbours then merge.
/// - Where added tokens overlap, HuggingFace finds the leftmost, llama.cpp the longest.
///
/// One thing differs from both: literal text never becomes a special token, not even where merges would
/// lead to one, and tokens added for other purposes are not found in it either.
public struct Tokenizer: Sendable {
  /// One more than the largest id.
  public let vocabularySize: Int
  /// The token that begins a text, if the model has one.
  public let beginningOfSequence: Int32?
  /// The tokens that end a text or a turn.
  public let endOfSequence: Set<Int32>
  /// Whether the model expects its text to begin with `beginningOfSequence`.
  public let addsBeginningOfSequence: Bool
  /// Bytes for which the vocabulary has no token: they vanish from text.
  public let missingBytes: [UInt8]

  let tables: TokenizerTables
  let addedTokens: [Int32: AddedToken]
  /// Whether decoding takes away one space at the start, which encoding has put there.
  let stripsLeadingSpace: Bool

  /// The longest text that can be encoded, in bytes: 128 MiB, which normalising makes at most nine times
  /// as long.
  public static let textLimit = 1 << 27

  /// Builds the tokenizer that a checkpoint comes with.
  ///
  /// - Throws: `TokenizationError` when a file says something that is not known, or contradicts itself.
  public init(_ source: TokenizerSource) throws {
    switch source {
    case .tokenizerJSON(let object, let configuration, _, let path):
      try self.init(
        TokenizerJSON(object, file: path).definition(configuration: configuration))
    case .gguf(let metadata, let path):
      try self.init(TokenizerGGUF(metadata, file: path).definition())
    }
  }

  init(_ definition: TokenizerDefinition) throws(TokenizationError) {
    let tables = try TokenizerTables(definition)
    self.tables = tables
    addedTokens = Dictionary(uniqueKeysWithValues: definition.addedTokens.map { ($0.id, $0) })
    vocabularySize = max(
      definition.vocabulary.count, (definition.addedTokens.map { Int($0.id) }.max() ?? -1) + 1)
    beginningOfSequence = definition.beginningOfSequence
    endOfSequence = definition.endOfSequence
    addsBeginningOfSequence = definition.addsBeginningOfSequence
    stripsLeadingSpace = definition.stripsLeadingSpace
    missingBytes = tables.byteIDs.indices.filter { tables.byteIDs[$0] < 0 }.map { UInt8($0) }
  }
}

extension Tokenizer {
  /// The tokens of a text; nothing is added before or behind it.
  ///
  /// No added token is found in `literal` ranges, which are all of the text unless said otherwise. The
  /// text should be UTF-8; other bytes are encoded as they are.
  ///
  /// - Precondition: `text` has at most `textLimit` bytes, and the ranges lie within it.
  public func encode(_ text: [UInt8], literal: [Range<Int>]? = nil) -> [Token] {
    precondition(
      text.count <= Self.textLimit, "a text of \(text.count) bytes exceeds \(Self.textLimit)")
    let literal = literal ?? [0..<text.count]
    for range in literal {
      precondition(
        range.lowerBound >= 0 && range.upperBound <= text.count,
        "the literal range \(range) lies outside a text of \(text.count) bytes")
    }
    var pass = TokenizerPass(tables, literal: LiteralRanges(literal))
    pass.encode(text)
    return pass.tokens
  }

  /// The ids of a text; nothing is added before or behind it.
  ///
  /// Added tokens are found in it only when it is asked for.
  public func encode(_ text: String, parsingSpecialTokens: Bool = false) -> [Int32] {
    encode(Array(text.utf8), literal: parsingSpecialTokens ? [] : nil).map(\.id)
  }

  /// The id of a token, written as in the vocabulary.
  public func id(of token: String) -> Int32? {
    let bytes = Array(token.utf8)
    return addedTokens.values.first { $0.content == bytes }?.id
      ?? tables.vocabulary.id(of: bytes, bytes.indices)
  }

  /// Whether a token controls the model rather than saying something.
  public func isSpecial(_ id: Int32) -> Bool {
    tables.specialTokens.contains(id)
  }
}

extension Tokenizer {
  /// The bytes a token stands for; none for an id without a token.
  public func bytes(of id: Int32) -> [UInt8] {
    if let added = addedTokens[id] { return added.content }
    guard id >= 0, id < tables.vocabulary.count else { return [] }
    let entry = Array(tables.vocabulary[id])
    switch tables.alphabet {
    case .byteLevel:
      return ByteLevel.decode(entry) ?? entry
    case .text:
      if let byte = tables.byteIDs.firstIndex(of: id) { return [UInt8(byte)] }
      let space = [UInt8(ascii: " ")]
      let step = NormalizationStep.replace(TokenizerDefinition.metaspace, with: space)
      return step.applied(to: AlignedText(entry), entry.indices).bytes
    }
  }

  /// The text of some tokens, with U+FFFD where their bytes are not UTF-8.
  public func decode(_ ids: [Int32], skippingSpecialTokens: Bool = false) -> String {
    var decoder = TokenDecoder(self, skippingSpecialTokens: skippingSpecialTokens)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }
}
