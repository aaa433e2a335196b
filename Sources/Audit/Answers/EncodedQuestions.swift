import Inference
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
    let encoder = settings.encoder
    func encode(_ prompts: AuditPrompts, name: String) throws -> [TokenizedPrompt] {
      try prompts.prompts.enumerated().map { index, prompt in
        let tokens = try encoder.encode(prompt.messages)
        guard tokens.ids.count + settings.audit.maxTokens <= contextLength else {
          throw InferenceError.contextTooShort(
            prompt: "Prompt \(index + 1) of \(name)", tokens: tokens.ids.count,
            wanted: settings.audit.maxTokens, contextLength: contextLength)
        }
        return tokens
      }
    }
    harmful = try encode(questions.harmful, name: questions.harmful.path)
    harmless = try encode(questions.harmless, name: questions.harmless.path)
    utility = try (questions.utility?.items ?? []).map { item in
      EncodedQuestion(
        prompt: try encoder.encode(item.messages),
        choices: item.choices.map { encoder.tokenizer.encode($0) },
        lengths: item.choices.map(\.utf8.count),
        answer: item.answer)
    }
    heldOut = try (questions.heldOut?.texts ?? []).map { text in
      EncodedText(
        prompt: try encoder.encode(text.messages),
        response: encoder.tokenizer.encode(text.response))
    }
    otherSystem = Self.otherSystem(questions.harmful, encoder)
  }

  /// With a system text the template's own is the other one; without, none at all is.
  private static func otherSystem(
    _ prompts: AuditPrompts, _ encoder: PromptEncoder
  ) -> (kind: AuditBaseline.Kind, prompts: [TokenizedPrompt])? {
    guard !encoder.options.isRaw else { return nil }
    let hasSystem = encoder.options.system != nil
    var options = encoder.options
    options.system = hasSystem ? nil : ""
    let other = PromptEncoder(
      tokenizer: encoder.tokenizer, template: encoder.template, options: options)
    // Some templates refuse a system turn; then there is no such baseline.
    guard let encoded = try? prompts.prompts.map({ try other.encode($0.messages) }) else {
      return nil
    }
    return (hasSystem ? .defaultSystem : .withoutSystem, encoded)
  }
}
