internal import ModelFiles

/// Which tokens begin and end a text, by the post-processor of tokenizer.json and by
/// tokenizer_config.json.
struct TokenizerEnds {
  private let root: TokenizerFields
  private let configuration: TokenizerFields?

  init(_ root: TokenizerFields, configuration: JSONObject?) {
    self.root = root
    let folder = root.file.lastIndex(of: "/").map { root.file[...$0] } ?? ""
    self.configuration = configuration.map {
      TokenizerFields($0, file: folder + "tokenizer_config.json")
    }
  }

  /// Fills in the beginning and the ends of sequence.
  func apply(to definition: inout TokenizerDefinition) throws(TokenizationError) {
    let added = try addedAtStart(definition)
    let named = try configuredToken("bos_token", definition)
    if let added, let named, added.id != named.id {
      throw .conflict(
        file: root.file, purpose: "beginning-of-sequence", first: "post_processor",
        firstToken: added.token, second: "tokenizer_config.json", secondToken: named.token)
    }
    definition.beginningOfSequence = added?.id ?? named?.id
    definition.addsBeginningOfSequence = added != nil
    if let end = try configuredToken("eos_token", definition) {
      definition.endOfSequence.insert(end.id)
    }
    for token in definition.addedTokens
    where token.isSpecial && TokenizerDefinition.endings.contains(ByteString(token.content)) {
      definition.endOfSequence.insert(token.id)
    }
  }

  private typealias NamedToken = (token: ByteString, id: Int32)

  /// A token of tokenizer_config.json, written as a string or as an object with its content.
  private func configuredToken(
    _ key: ByteString, _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> NamedToken? {
    guard let configuration, let value = configuration.object.value(key) else { return nil }
    guard let token = value.asString ?? value.asObject?["content"]?.asString else {
      throw .malformed(
        file: configuration.file, field: key.description,
        expected: "a string or an object with its content")
    }
    guard let id = definition.id(of: token) else {
      throw .unknownSpecialToken(
        file: configuration.file, field: key.description, token: token)
    }
    return (token, id)
  }

  /// The token that the post-processor puts before a text.
  private func addedAtStart(
    _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> NamedToken? {
    guard let processor = try root.fields("post_processor") else { return nil }
    var added: NamedToken?
    for part in try processor.flattened("processors") {
      let type = try part.type()
      switch type {
      case "ByteLevel": break  // only trims offsets
      case "TemplateProcessing": added = try templateStart(part, definition)
      default:
        throw part.unsupported(
          "post-processor", type, known: "known: ByteLevel, TemplateProcessing, Sequence")
      }
    }
    return added
  }

  private func templateStart(
    _ template: TokenizerFields, _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> NamedToken? {
    try template.allow(["type", "single", "pair", "special_tokens"])
    var tokens: [NamedToken] = []
    var hasText = false
    for piece in try template.objects("single") {
      if let special = try piece.fields("SpecialToken"), !hasText {
        tokens.append(try templateToken(try special.required("id"), template, definition))
      } else if try piece.fields("Sequence")?.string("id") == "A", !hasText {
        hasText = true
      } else {
        throw form(template)
      }
    }
    guard hasText, tokens.count <= 1 else { throw form(template) }
    return tokens.first
  }

  private func form(_ template: TokenizerFields) -> TokenizationError {
    template.unsupported(
      "form of TemplateProcessing", ByteString(template.place + "single"),
      known: "known: at most one special token, then the text")
  }

  private func templateToken(
    _ name: ByteString, _ template: TokenizerFields, _ definition: TokenizerDefinition
  ) throws(TokenizationError) -> NamedToken {
    guard let special = try template.fields("special_tokens")?.fields(name),
      let ids = try? special.array("ids"), ids.count == 1, let written = ids[0].asInt
    else {
      throw .missing(file: root.file, field: "\(template.place)special_tokens.\(name).ids")
    }
    guard let id = definition.id(of: name) else {
      throw .unknownSpecialToken(
        file: root.file, field: template.place + "single", token: name)
    }
    guard written == Int(id) else {
      throw .addedTokenID(file: root.file, token: name, written: written, expected: Int(id))
    }
    return (name, id)
  }
}
