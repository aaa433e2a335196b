internal import ModelFiles

/// Reads HuggingFace's tokenizer.json.
///
/// Truncation and padding settings are left aside, as transformers does when it encodes one text.
struct TokenizerJSON {
  private let root: TokenizerFields
  private var file: String { root.file }
  private static let tokenLimit = 4096

  init(_ object: JSONObject, file: String) {
    root = TokenizerFields(object, file: file)
  }

  /// Everything the file says, beginning and end of sequence aside where `configuration` names them.
  func definition(configuration: JSONObject?) throws(TokenizationError) -> TokenizerDefinition {
    try root.allow([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model",
    ])
    guard let version = try root.string("version") else {
      throw .missing(file: file, field: "version")
    }
    guard version == "1.0" else { throw .version(file: file, found: version) }
    guard let model = try root.fields("model") else { throw .missing(file: file, field: "model") }

    let pipeline = try TokenizerPipeline(root)
    let tokens = try vocabulary(model)
    let vocabulary = try TokenizerDefinition.vocabulary(tokens, file: file)
    let added = try addedTokens(vocabulary)
    let special = Set(added.filter(\.isSpecial).map(\.id))
    var definition = TokenizerDefinition(
      file: file, tokens: tokens, vocabulary: vocabulary, addedTokens: added,
      precedence: .leftmost, specialTokens: special, alphabet: pipeline.alphabet,
      merging: .ranked(try merges(model, vocabulary, blocked: special)))
    definition.normalization = pipeline.normalization
    definition.prefix = pipeline.prefix
    definition.rules = pipeline.rules
    definition.stripsLeadingSpace = pipeline.stripsLeadingSpace
    try applyModel(model, to: &definition)
    if definition.alphabet == .text, definition.rules.isEmpty, definition.keepsMetaspaceFirst() {
      definition.rules = [(.beforeRuns(TokenizerDefinition.metaspace), .sixteen)]
    }
    try TokenizerEnds(root, configuration: configuration).apply(to: &definition)
    return definition
  }

  private func vocabulary(_ model: TokenizerFields) throws(TokenizationError) -> [ByteString?] {
    if let type = try model.string("type"), type != "BPE" {
      throw model.unsupported("model", type, known: "known: BPE")
    }
    try model.allow([
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
      "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges",
    ])
    guard let members = try model.fields("vocab")?.object.members, !members.isEmpty else {
      throw .missing(file: file, field: "model.vocab")
    }
    var tokens: [ByteString?] = []
    tokens.reserveCapacity(members.count)
    for (token, value) in members {
      guard let id = value.asInt, (0..<TokenizerDefinition.idLimit).contains(id) else {
        throw .malformed(
          file: file, field: "the id of \"\(token)\"",
          expected: "a whole number from 0 to \(TokenizerDefinition.idLimit - 1)")
      }
      guard token.bytes.count <= Self.tokenLimit else {
        throw .malformed(
          file: file, field: "\"\(token)\"", expected: "a token of at most 4096 bytes")
      }
      while tokens.count <= id { tokens.append(nil) }
      if let other = tokens[id] {
        throw .sharedID(file: file, id: id, first: other, second: token)
      }
      tokens[id] = token
    }
    return tokens
  }

  private func merges(
    _ model: TokenizerFields, _ vocabulary: Vocabulary, blocked: Set<Int32>
  ) throws(TokenizationError) -> MergeTable {
    let merges = try model.array("merges")
    var builder = MergeTableBuilder(
      vocabulary, blocked: blocked, count: merges.count, file: file)
    for merge in merges {
      if let text = merge.asString {
        try builder.add(text)
      } else if let parts = merge.asArray, parts.count == 2, let left = parts[0].asString,
        let right = parts[1].asString
      {
        try builder.add(left.bytes, right.bytes)
      } else {
        throw .malformed(
          file: file, field: "model.merges[\(builder.index)]", expected: "a pair of strings")
      }
    }
    return builder.table
  }

  private func applyModel(
    _ model: TokenizerFields, to definition: inout TokenizerDefinition
  ) throws(TokenizationError) {
    if let dropout = model.object.value("dropout") {
      guard dropout.asDouble == 0 else {
        throw .malformed(
          file: file, field: "model.dropout",
          expected: "null or 0: anything else makes ids random")
      }
    }
    for key: ByteString in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try model.string(key), !affix.bytes.isEmpty {
        throw model.unsupported(key.string, affix, known: "known: none")
      }
    }
    definition.ignoresMerges = try model.bool("ignore_merges") ?? false
    let fallsBack = try model.bool("byte_fallback") ?? false
    guard fallsBack == (definition.alphabet == .text) else {
      throw model.unsupported(
        "combination of byte_fallback and pre_tokenizer", fallsBack ? "both" : "neither",
        known: "known: byte_fallback, or a ByteLevel pre-tokenizer")
    }
    let isFused = try model.bool("fuse_unk") ?? false
    if let unknown = try model.string("unk_token") {
      guard let id = definition.vocabulary.id(of: unknown.bytes, unknown.bytes.indices) else {
        throw .unknownSpecialToken(file: file, field: "model.unk_token", token: unknown)
      }
      // A special token must not come out of text: bytes without a token are then left out.
      if !definition.specialTokens.contains(id) {
        definition.missingBytes = .replaced(by: id, fused: isFused)
      }
    }
  }

  private func addedTokens(
    _ vocabulary: Vocabulary
  ) throws(TokenizationError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    var seen: [ByteString: Int] = [:]
    var nextID = root.entryCount
    for (index, fields) in try root.objects("added_tokens").enumerated() {
      try fields.allow([
        "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
      ])
      let written = try fields.integer("id", in: 0...TokenizerDefinition.idLimit - 1)
      guard let content = try fields.string("content"), !content.bytes.isEmpty else {
        throw .emptyAddedToken(file: file, index: index)
      }
      if let other = seen.updateValue(written, forKey: content) {
        throw .repeatedToken(file: file, token: content, first: other, second: written)
      }
      // The reference gives the vocabulary's id, else the next free one, whatever is written.
      let expected: Int
      if let known = vocabulary.id(of: content.bytes, content.bytes.indices) {
        expected = Int(known)
      } else {
        expected = nextID
        nextID += 1
        if expected < vocabulary.count, !vocabulary[Int32(expected)].isEmpty {
          throw .sharedID(
            file: file, id: expected, first: ByteString(vocabulary[Int32(expected)]),
            second: content)
        }
      }
      guard written == expected else {
        throw .addedTokenID(file: file, token: content, written: written, expected: expected)
      }
      let isSpecial = try fields.bool("special") ?? false
      tokens.append(
        AddedToken(
          id: Int32(written), content: content.bytes, isSpecial: isSpecial,
          isSingleWord: try fields.bool("single_word") ?? false,
          stripsLeft: try fields.bool("lstrip") ?? false,
          stripsRight: try fields.bool("rstrip") ?? false,
          isNormalized: try fields.bool("normalized") ?? !isSpecial))
    }
    return tokens
  }
}

extension TokenizerFields {
  /// How many entries the model's vocabulary has.
  fileprivate var entryCount: Int {
    object["model"]?.asObject?["vocab"]?.asObject?.members.count ?? 0
  }
}
