public import ModelFiles

/// What can go wrong with a chat template or with rendering a conversation.
public enum ChatTemplateFault: Equatable, Sendable {
  /// The model brings no chat template.
  case missing
  /// The chat template is not UTF-8.
  case notUTF8
  /// The template cannot be parsed.
  case syntax(line: Int, String)
  /// An operation of the template failed.
  case evaluation(line: Int?, String)
  /// The template itself refused the conversation, with its own words.
  case refusal(String)
  /// The template did too much work or wrote too much.
  case limit(line: Int?, String)
  /// There is no message to render.
  case noMessages
  /// A message's role is not a plain word.
  case role(message: Int, ByteString)
  /// A system text was given although the conversation starts with its own.
  case secondSystemMessage(message: Int)
  /// A system text was given for raw text.
  case systemTextWithoutTemplate
  /// Raw text was asked for, but there is more than one text.
  case conversationWithoutTemplate(messageCount: Int)
  /// The text begins with the token that begins a sequence twice.
  case doubledBeginning(ByteString)
  /// The text is longer than can be tokenized.
  case tooLong(byteCount: Int)
  /// The text has no tokens.
  case noTokens
}

extension ChatTemplateFault {
  init(_ error: JinjaError) {
    switch error.reason {
    case .syntax(let text): self = .syntax(line: error.line ?? 1, text)
    case .evaluation(let text): self = .evaluation(line: error.line, text)
    case .refusal(let text): self = .refusal(text)
    case .limit(let text): self = .limit(line: error.line, text)
    }
  }

  /// The sentence for a person.
  var sentence: String {
    switch self {
    case .missing:
      "The model has no chat template; use --raw to give it the prompt as plain text."
    case .notUTF8: "The model's chat template is not UTF-8 text; use --raw, or repair the file."
    case .syntax(let line, let text):
      "The model's chat template cannot be read: \(shown(text)) (line \(line)); use --raw, or a "
        + "checkpoint with a template for current HuggingFace versions."
    case .evaluation(let line, let text):
      "The model's chat template fails on this conversation: \(shown(text))\(Self.place(line))."
    case .refusal(let text):
      "The model's chat template refuses this conversation: \"\(shown(text))\"."
    case .limit(let line, let text):
      "The model's chat template was stopped: \(shown(text))\(Self.place(line))."
    case .noMessages: "There is no message to render; a conversation needs at least one."
    case .role(let message, let role):
      "Message \(message + 1) has the role \"\(role)\"; a role is a word of 1 to 64 letters, "
        + "digits, '_' and '-', such as system, user or assistant."
    case .secondSystemMessage(let message):
      "A system text is given with --system, but message \(message + 1) of the conversation is a "
        + "system message already; leave one of them out."
    case .systemTextWithoutTemplate:
      "A system text is given with --system, but --raw leaves no place for it; leave one of them out."
    case .conversationWithoutTemplate(let count):
      count == 1
        ? "--raw takes the text of a user message; a message of another role needs the chat template."
        : "--raw takes one text, but the conversation has \(count) messages; give a prompt, or leave "
          + "out --raw."
    case .doubledBeginning(let token):
      "The text begins with \"\(token)\" twice; take it out of the prompt, since the template writes "
        + "it already."
    case .tooLong(let count):
      "The text has \(count) bytes, more than the \(Tokenizer.textLimit) that can be tokenized."
    case .noTokens: "The text is empty: there is nothing for the model to read."
    }
  }

  private static func place(_ line: Int?) -> String {
    line.map { " (line \($0) of the template)" } ?? ""
  }
}

/// Text that may hold parts of a file, made safe to print and cut after 400 characters.
func shown(_ text: String) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == 400 { return shown + "…" }
    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    shown += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    count += 1
  }
  return shown
}
