/// What a token of a prompt belongs to.
public enum PositionRole: UInt8, CaseIterable, Sendable {
  /// Text of the template.
  case template = 0
  /// Content of a system message.
  case system = 1
  /// Content of a user message, or text given without a template.
  case user = 2
  /// Content of an assistant message.
  case assistant = 3
  /// Text of the template after the content of the last message.
  case tail = 4
  /// The token that begins the sequence.
  case beginningOfSequence = 5
  /// Content of a message of any other role, such as a tool's answer.
  case other = 6

  /// The role of a message's content.
  package init(ofMessage role: String) {
    switch role {
    case "system", "developer": self = .system
    case "user": self = .user
    case "assistant": self = .assistant
    default: self = .other
    }
  }
}
