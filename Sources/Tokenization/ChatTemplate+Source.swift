public import ModelFiles

extension ChatTemplate {
  /// The template that a checkpoint comes with, or nil when it has none.
  ///
  /// A folder's chat_template.jinja comes before the template in tokenizer_config.json, of which the one
  /// named `default` is taken where there are several. The special tokens are those that the same files
  /// name.
  ///
  /// - Parameters:
  ///   - source: the checkpoint's tokenizer.
  ///   - date: what `strftime_now` prints; without it that function is undefined.
  /// - Throws: `TokenizationError` when there is a template that cannot be used, `ModelFileError` when
  ///   metadata has the wrong type.
  public init?(_ source: TokenizerSource, date: TemplateDate? = nil) throws {
    let template: ByteString?
    let tokens: [String: String]
    switch source {
    case .tokenizerJSON(_, let configuration, let file, _):
      template = try file ?? configuration.flatMap { try Self.template(in: $0) }
      tokens = try configuration.map { try Self.specialTokens(in: $0) } ?? [:]
    case .gguf(let metadata, _):
      template = try metadata.string("tokenizer.chat_template")
      tokens = try Self.specialTokens(in: metadata)
    }
    guard let template else { return nil }
    guard let text = String(validating: template.bytes, as: UTF8.self) else {
      throw TokenizationError.chatTemplate(.notUTF8)
    }
    try self.init(source: text, variables: tokens, date: date)
  }

  // MARK: HuggingFace folders

  private static let configurationName = "tokenizer_config.json"

  private static func template(
    in configuration: JSONObject
  ) throws(TokenizationError) -> ByteString? {
    guard let value = configuration.value("chat_template") else { return nil }
    if let text = value.asString { return text }
    let named = (value.asArray ?? []).compactMap(\.asObject)
    let templates = named.filter { $0["name"]?.asString == "default" || named.count == 1 }
    guard let text = templates.first?["template"]?.asString else {
      throw .malformed(
        file: configurationName, field: "chat_template",
        expected: "a text, or several of which one is named default")
    }
    return text
  }

  private static func specialTokens(
    in configuration: JSONObject
  ) throws(TokenizationError) -> [String: String] {
    var tokens: [String: String] = [:]
    for name in specialTokenKeys.keys {
      guard let value = configuration.value(ByteString(name)) else { continue }
      guard let token = value.asString ?? value.asObject?["content"]?.asString else {
        throw .malformed(
          file: configurationName, field: name, expected: "a string or an object with its content")
      }
      tokens[name] = token.string
    }
    return tokens
  }

  // MARK: GGUF

  private static func specialTokens(
    in metadata: GGUFMetadata
  ) throws(ModelFileError) -> [String: String] {
    var tokens: [String: String] = [:]
    guard let vocabulary = try metadata.strings("tokenizer.ggml.tokens") else { return tokens }
    for (name, key) in specialTokenKeys {
      let id = try metadata.integer("tokenizer.ggml.\(key)_token_id")
      if let id, id < vocabulary.count { tokens[name] = vocabulary[id].string }
    }
    return tokens
  }

  /// The names that templates use, and what GGUF calls the same tokens.
  private static let specialTokenKeys = [
    "bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "sep_token": "seperator",
    "pad_token": "padding", "cls_token": "cls", "mask_token": "mask",
  ]
}
