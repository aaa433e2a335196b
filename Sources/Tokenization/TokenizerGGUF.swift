internal import ModelFiles

/// Reads the tokenizer of a GGUF file's metadata, as llama.cpp understands it.
struct TokenizerGGUF {
  private let metadata: GGUFMetadata
  private let file: String

  init(_ metadata: GGUFMetadata, file: String) {
    self.metadata = metadata
    self.file = file
  }

  /// How a token is marked.
  private enum Kind: Int {
    case normal = 1
    case unknown
    case control
    case userDefined
    case unused
    case byte
  }

  private enum Key {
    static let prefix = "tokenizer.ggml."
    static let model = prefix + "model"
    static let pre = prefix + "pre"
    static let tokens = prefix + "tokens"
    static let types = prefix + "token_type"
    static let merges = prefix + "merges"
    static let scores = prefix + "scores"
    static let beginning = prefix + "bos_token_id"
    static let end = prefix + "eos_token_id"
    static let endOfTurn = prefix + "eot_token_id"
    static let endOfMessage = prefix + "eom_token_id"
    static let addsBeginning = prefix + "add_bos_token"
    static let addsSpace = prefix + "add_space_prefix"
  }

  /// Everything the metadata says.
  func definition() throws -> TokenizerDefinition {
    guard let model = try metadata.string(Key.model) else {
      throw TokenizationError.missing(file: file, field: Key.model)
    }
    switch model {
    case "gpt2": return try bytePairs()
    case "llama": return try sentencePieces()
    default:
      throw TokenizationError.unsupported(
        file: file, part: Key.model, found: model, known: "known: gpt2, llama")
    }
  }

  private func bytePairs() throws -> TokenizerDefinition {
    guard let name = try metadata.string(Key.pre) else {
      throw TokenizationError.missing(file: file, field: Key.pre)
    }
    guard let named = PreTokenizerPatterns.named(name) else {
      throw TokenizationError.unsupported(
        file: file, part: Key.pre, found: name,
        known: "known: gpt-2, llama-bpe, qwen2, smollm, tekken, default and their likes")
    }
    guard let merges = try metadata.strings(Key.merges) else {
      throw TokenizationError.missing(file: file, field: Key.merges)
    }
    var definition = try vocabulary(alphabet: .byteLevel)
    var builder = MergeTableBuilder(
      definition.vocabulary, blocked: definition.specialTokens, count: merges.count, file: file)
    for merge in merges { try builder.add(merge) }
    definition.merging = .ranked(builder.table)
    definition.missingBytes = .separating
    definition.ignoresMerges = named.ignoresMerges
    definition.rules = named.rules.map { ($0, .fifteen) }
    try setEnds(
      of: &definition, beginning: nil, end: nil, addsBeginning: named.addsBeginningOfSequence)
    return definition
  }

  private func sentencePieces() throws -> TokenizerDefinition {
    var definition = try vocabulary(alphabet: .text)
    guard let scores = try metadata.floats(Key.scores) else {
      throw TokenizationError.missing(file: file, field: Key.scores)
    }
    guard scores.count == definition.tokens.count else {
      throw TokenizationError.lengths(
        file: file, first: Key.tokens, count: definition.tokens.count, second: Key.scores,
        otherCount: scores.count)
    }
    if let id = scores.firstIndex(where: { !$0.isFinite }) {
      throw TokenizationError.score(file: file, id: id)
    }
    definition.merging = .scored(scores)
    let mark = TokenizerDefinition.metaspace
    let space = [UInt8(ascii: " ")]
    let addsSpace = try metadata.bool(Key.addsSpace) ?? true
    definition.normalization = addsSpace ? [.prepend(space)] : []
    definition.normalization.append(.replace(space, with: mark))
    definition.stripsLeadingSpace = addsSpace
    if definition.keepsMetaspaceFirst() { definition.rules = [(.beforeRuns(mark), .fifteen)] }
    try setEnds(of: &definition, beginning: 1, end: 2, addsBeginning: true)
    return definition
  }

  private func vocabulary(
    alphabet: TokenizerDefinition.Alphabet
  ) throws -> TokenizerDefinition {
    guard let tokens = try metadata.strings(Key.tokens), !tokens.isEmpty else {
      throw TokenizationError.missing(file: file, field: Key.tokens)
    }
    guard tokens.count <= TokenizerDefinition.idLimit else {
      throw TokenizationError.malformed(
        file: file, field: Key.tokens,
        expected: "at most \(TokenizerDefinition.idLimit) tokens")
    }
    let entries = tokens.map { Optional($0) }
    let vocabulary = try TokenizerDefinition.vocabulary(entries, file: file)
    let kinds = try kinds(count: tokens.count)
    var added: [AddedToken] = []
    for (id, kind) in kinds.enumerated() {
      let isEnding = TokenizerDefinition.endings.contains(tokens[id])
      let isSpecial = kind == .control || kind == .unknown || isEnding
      guard isSpecial || kind == .userDefined, !tokens[id].bytes.isEmpty else { continue }
      added.append(
        AddedToken(id: Int32(id), content: tokens[id].bytes, isSpecial: isSpecial))
    }
    return TokenizerDefinition(
      file: file, tokens: entries, vocabulary: vocabulary, addedTokens: added,
      precedence: .longest, specialTokens: Set(added.filter(\.isSpecial).map(\.id)),
      alphabet: alphabet, merging: .scored([]))
  }

  private func kinds(count: Int) throws -> [Kind] {
    guard let numbers = try metadata.integers(Key.types) else {
      return [Kind](repeating: .normal, count: count)
    }
    guard numbers.count == count else {
      throw TokenizationError.lengths(
        file: file, first: Key.tokens, count: count, second: Key.types,
        otherCount: numbers.count)
    }
    return try numbers.enumerated().map { id, number in
      guard let kind = Kind(rawValue: number) else {
        throw TokenizationError.malformed(
          file: file, field: "\(Key.types)[\(id)]", expected: "a whole number from 1 to 6")
      }
      return kind
    }
  }

  // `beginning`, `end` and `addsBeginning` hold where the file does not say.
  private func setEnds(
    of definition: inout TokenizerDefinition, beginning: Int32?, end: Int32?, addsBeginning: Bool
  ) throws {
    let count = definition.tokens.count
    func fallback(_ id: Int32?) -> Int32? { id.flatMap { $0 < count ? $0 : nil } }
    definition.beginningOfSequence = try id(Key.beginning, count) ?? fallback(beginning)
    definition.addsBeginningOfSequence = try metadata.bool(Key.addsBeginning) ?? addsBeginning
    if definition.addsBeginningOfSequence, definition.beginningOfSequence == nil {
      throw TokenizationError.missing(file: file, field: Key.beginning)
    }
    if let end = try id(Key.end, count) ?? fallback(end) { definition.endOfSequence.insert(end) }
    for key in [Key.endOfTurn, Key.endOfMessage] {
      if let id = try id(key, count) { definition.endOfSequence.insert(id) }
    }
    for token in definition.addedTokens
    where token.isSpecial && TokenizerDefinition.endings.contains(ByteString(token.content)) {
      definition.endOfSequence.insert(token.id)
    }
  }

  private func id(_ key: String, _ count: Int) throws -> Int32? {
    guard let id = try metadata.integer(key) else { return nil }
    guard id < count else {
      throw TokenizationError.idOutside(file: file, field: key, id: id, count: count)
    }
    return Int32(id)
  }
}
