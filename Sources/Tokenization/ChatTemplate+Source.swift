public import ModelFiles

extension ChatTemplate {
  /// The chat template that comes with a model.
  ///
  /// A folder's `chat_template.jinja` wins over `tokenizer_config.json`; of several named templates it is
  /// the one called `default`.
  ///
  /// - Parameters:
  ///   - source: the model's tokenizer files or metadata.
  ///   - date: what `strftime_now` prints.
  /// - Returns: nil where the model has none.
  /// - Throws: `TokenizationError` for a template that cannot be parsed, `ModelFileError` for a key of
  ///   another type.
  public static func template(of source: TokenizerSource, date: TemplateDate? = nil) throws
    -> ChatTemplate?
  {
    switch source {
    case .gguf(let metadata, _):
      guard let text = try metadata.string("tokenizer.chat_template") else { return nil }
      return try ChatTemplate(
        source: text.string, variables: specialTokens(of: metadata), date: date)
    case .tokenizerJSON(_, let configuration, let file, _):
      guard let text = file ?? configuration.flatMap(defaultTemplate) else { return nil }
      return try ChatTemplate(
        source: text.string, variables: specialTokens(of: configuration), date: date)
    }
  }

  /// The template in `tokenizer_config.json`: a string, or the default of a list of named ones.
  private static func defaultTemplate(of configuration: JSONObject) -> ByteString? {
    let value = configuration["chat_template"]
    if let text = value?.asString { return text }
    let named = value?.asArray?.compactMap(\.asObject).first { $0["name"]?.asString == "default" }
    return named?["template"]?.asString
  }

  private static func specialTokens(of metadata: GGUFMetadata) throws -> [String: String] {
    guard let tokens = try metadata.strings("tokenizer.ggml.tokens") else { return [:] }
    var variables: [String: String] = [:]
    for name in ["bos", "eos", "unknown", "padding"] {
      guard
        let id = try metadata.integer("tokenizer.ggml.\(name)_token_id", in: 0...tokens.count - 1)
      else { continue }
      let variable = ["unknown": "unk", "padding": "pad"][name] ?? name
      variables["\(variable)_token"] = tokens[id].string
    }
    return variables
  }

  private static func specialTokens(of configuration: JSONObject?) -> [String: String] {
    var variables: [String: String] = [:]
    for (key, value) in configuration?.members ?? [] where key.string.hasSuffix("_token") {
      let text = value.asString ?? value.asObject?["content"]?.asString
      variables[key.string] = text?.string
    }
    return variables
  }
}

extension PromptEncoder {
  /// The encoder for a model's own tokenizer and template.
  ///
  /// - Throws: `TokenizationError` or `ModelFileError` where the files cannot be used.
  public init(_ source: TokenizerSource, options: Options = Options()) throws {
    self.init(
      tokenizer: try Tokenizer(source), template: try ChatTemplate.template(of: source),
      options: options)
  }
}
