/// One turn of a conversation.
public struct ChatMessage: Equatable, Sendable {
  /// Who speaks: `system`, `user`, `assistant`, or another word the chat template knows.
  public var role: String
  /// What is said.
  public var content: String

  /// A turn of a speaker.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }

  /// Whether a role is a plain word.
  ///
  /// Templates write roles between their own marks, where special tokens are read: a role taken from
  /// a file must not be able to close a turn.
  static func isPlain(role: String) -> Bool {
    (1...64).contains(role.utf8.count)
      && role.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
