public import ModelFiles

/// What can go wrong with a chat template or with rendering a conversation.
public enum ChatTemplateFault: Equatable, Sendable {
  /// The model brings no chat template.
  case missing
  /// The template cannot be parsed.
  case syntax(line: Int, String)
  /// An operation of the template failed.
  case evaluation(line: Int?, String)
  /// The template itself refused the conversation, with its own words.
  case refusal(ByteString)
  /// The template did too much work or wrote too much.
  case limit(line: Int?, String)
  /// There is no message to render.
  case noMessages
  /// A message's role is not a plain word.
  case role(message: Int, ByteString)
  /// A system text was given although the conversation starts with its own.
  case secondSystemMessage(message: Int)
}

extension ChatTemplateFault {
  init(_ error: JinjaError) {
    switch error.reason {
    case .syntax(let text): self = .syntax(line: error.line ?? 1, text)
    case .evaluation(let text): self = .evaluation(line: error.line, text)
    case .refusal(let text): self = .refusal(ByteString(text))
    case .limit(let text): self = .limit(line: error.line, text)
    }
  }

  /// The sentence for a person.
  var sentence: String {
    switch self {
    case .missing:
      "The model has no chat template; use --raw to give it the prompt as plain text."
    case .syntax(let line, let text):
      "The model's chat template cannot be read: \(shown(text)) (line \(line)); use --raw, or a "
        + "checkpoint with a template for current HuggingFace versions."
    case .evaluation(let line, let text):
      "The model's chat template fails on this conversation: \(shown(text))\(Self.place(line))."
    case .refusal(let text):
      "The model's chat template refuses this conversation: \"\(text)\"."
    case .limit(let line, let text):
      "The model's chat template was stopped: \(shown(text))\(Self.place(line))."
    case .noMessages: "There is no message to render; a conversation needs at least one."
    case .role(let message, let role):
      "Message \(message + 1) has the role \"\(role)\"; a role is a word of 1 to 64 letters, "
        + "digits, '_' and '-', such as system, user or assistant."
    case .secondSystemMessage(let message):
      "A system text is given with --system, but message \(message + 1) of the conversation is a "
        + "system message already; leave one of them out."
    }
  }

  private static func place(_ line: Int?) -> String {
    line.map { " (line \($0) of the template)" } ?? ""
  }
}

/// Text that may hold parts of a file, made safe to print.
private func shown(_ text: String) -> String { ByteString(text).description }
