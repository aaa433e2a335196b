package import ModelFiles

/// A model's chat template: Jinja text that lays a conversation out as the model was trained to read it.
///
/// The template comes from the model's files and is run by a small interpreter without access to anything
/// but its variables, within limits on work and output.
public struct ChatTemplate: Sendable {
  /// SHA-256 of the Jinja text, hexadecimal.
  public let digest: String
  private let template: JinjaTemplate
  private let variables: [(name: String, value: JSONValue)]
  private let date: TemplateDate?

  /// Parses a template.
  ///
  /// - Parameters:
  ///   - source: the Jinja text.
  ///   - variables: special tokens under the names templates use, such as `bos_token`.
  ///   - date: what `strftime_now` prints. Without it that function is undefined, and templates that
  ///     ask first fall back to their own fixed date.
  /// - Throws: `TokenizationError.chatTemplate` when the text is not a template.
  public init(
    source: String, variables: [String: String] = [:], date: TemplateDate? = nil
  ) throws(TokenizationError) {
    let named = variables.sorted { $0.key < $1.key }.map { name, value in
      (name: name, value: JSONValue.string(ByteString(value)))
    }
    try self.init(source: source, values: named, date: date)
  }

  /// Parses a template whose variables may be any JSON values.
  package init(
    source: String, values: [(name: String, value: JSONValue)], date: TemplateDate? = nil
  ) throws(TokenizationError) {
    do {
      template = try JinjaParser.parse(source)
    } catch {
      throw .chatTemplate(ChatTemplateFault(error))
    }
    self.variables = values
    digest = Digest.sha256(of: Array(source.utf8))
    self.date = date
  }

  /// Lays out a conversation.
  ///
  /// - Parameters:
  ///   - messages: the turns in order, at least one.
  ///   - addGenerationPrompt: whether the opening of the assistant's next turn is added.
  /// - Returns: the text with the origin of its parts.
  /// - Throws: `TokenizationError.chatTemplate` when the template refuses the conversation or fails.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool
  ) throws(TokenizationError) -> RenderedChat {
    guard !messages.isEmpty else { throw .chatTemplate(.noMessages) }
    for (index, message) in messages.enumerated()
    where !ChatMessage.isPlain(role: message.role) {
      throw .chatTemplate(.role(message: index, ByteString(message.role)))
    }
    do {
      var values: [JinjaValue] = []
      for (index, message) in messages.enumerated() {
        var dictionary = JinjaDictionary()
        try dictionary.set("role", to: .string(TracedText(message.role)))
        let content = TracedText(message.content, origin: .message(index))
        try dictionary.set("content", to: .string(content))
        values.append(.dictionary(dictionary))
      }
      return try render(values, addGenerationPrompt: addGenerationPrompt)
    } catch {
      throw .chatTemplate(ChatTemplateFault(error))
    }
  }

  /// Lays out messages with fields beyond role and content, such as tool calls; all text in a
  /// message but its role counts as its content.
  package func render(
    objects messages: [JSONObject], addGenerationPrompt: Bool
  ) throws(TokenizationError) -> RenderedChat {
    do {
      var values: [JinjaValue] = []
      for (index, message) in messages.enumerated() {
        var dictionary = JinjaDictionary()
        for (key, value) in message.members {
          let origin: TextOrigin = key == "role" ? .template : .message(index)
          let value = try JinjaValue(value, origin: origin)
          try dictionary.set(.string(TracedText(key.string)), to: value)
        }
        values.append(.dictionary(dictionary))
      }
      return try render(values, addGenerationPrompt: addGenerationPrompt)
    } catch {
      throw .chatTemplate(ChatTemplateFault(error))
    }
  }

  private func render(
    _ messages: [JinjaValue], addGenerationPrompt: Bool
  ) throws(JinjaError) -> RenderedChat {
    var values: [(name: String, value: JinjaValue)] = [
      ("messages", .list(try JinjaList(messages))),
      ("add_generation_prompt", .boolean(addGenerationPrompt)),
      ("tools", .null),
      ("documents", .null),
    ]
    for (name, value) in variables { values.append((name, try JinjaValue(value))) }
    return RenderedChat(
      try JinjaEvaluator.render(template, variables: values, date: date))
  }
}
