import Inference
import ModelFiles
import Tokenization

/// All that is asked, as the models read it.
struct EncodedQuestions {
  let harmful: [TokenizedPrompt]
  let harmless: [TokenizedPrompt]
  let utility: [EncodedQuestion]
  let heldOut: [EncodedText]
  /// The harmful prompts under the other system text; nil where the template takes none.
  let otherSystem: (kind: AuditBaseline.Kind, prompts: [TokenizedPrompt])?

  init(
    _ questions: AuditRun.Questions, _ settings: AuditSettings, contextLength: Int
  ) throws {
    let (encoder, maxTokens) = (settings.encoder, settings.audit.maxTokens)
    /// Lays out a conversation that has room for so many more tokens.
    func encode(
      _ messages: [ChatMessage], room: Int, path: String, line: Int
    ) throws -> TokenizedPrompt {
      let tokens: TokenizedPrompt
      do { tokens = try encoder.encode(messages) } catch {
        throw AuditError.conversation(path: path, line: line, error)
      }
      guard tokens.ids.count + room <= contextLength else {
        throw InferenceError.contextTooShort(
          prompt: "Line \(line) of \(ByteString(path))", tokens: tokens.ids.count, wanted: room,
          contextLength: contextLength)
      }
      return tokens
    }
    func encode(_ prompts: AuditPrompts) throws -> [TokenizedPrompt] {
      try prompts.prompts.map {
        try encode($0.messages, room: maxTokens, path: prompts.path, line: $0.line)
      }
    }
    harmful = try encode(questions.harmful)
    harmless = try encode(questions.harmless)
    utility =
      try questions.utility.map { file in
        try file.items.map { item in
          let choices = item.choices.map { encoder.tokenizer.encode($0) }
          return EncodedQuestion(
            prompt: try encode(
              item.messages, room: choices.map(\.count).max() ?? 0, path: file.path, line: item.line
            ),
            choices: choices, lengths: item.choices.map(\.utf8.count), answer: item.answer)
        }
      } ?? []
    heldOut =
      try questions.heldOut.map { file in
        try file.texts.map { text in
          let response = encoder.tokenizer.encode(text.response)
          return EncodedText(
            prompt: try encode(
              text.messages, room: response.count, path: file.path, line: text.line),
            response: response)
        }
      } ?? []
    otherSystem = Self.otherSystem(
      questions.harmful, encoder, longest: contextLength - maxTokens)
  }

  /// With a system text the template's own is the other one; without, none at all is.
  private static func otherSystem(
    _ prompts: AuditPrompts, _ encoder: PromptEncoder, longest: Int
  ) -> (kind: AuditBaseline.Kind, prompts: [TokenizedPrompt])? {
    guard !encoder.options.isRaw else { return nil }
    let hasSystem = encoder.options.system != nil
    var options = encoder.options
    options.system = hasSystem ? nil : ""
    let other = PromptEncoder(
      tokenizer: encoder.tokenizer, template: encoder.template, options: options)
    // Some templates refuse a system turn; then there is no such baseline.
    guard let encoded = try? prompts.prompts.map({ try other.encode($0.messages) }),
      encoded.allSatisfy({ $0.ids.count <= longest })
    else { return nil }
    return (hasSystem ? .defaultSystem : .withoutSystem, encoded)
  }
}
