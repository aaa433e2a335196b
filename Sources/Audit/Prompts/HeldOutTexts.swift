public import Tokenization

/// Harmless texts that neither model was tuned on: prompts and their answers.
public struct HeldOutTexts: Sendable {
  /// A prompt and its answer.
  public struct Text: Sendable, Equatable {
    /// What is asked.
    public let messages: [ChatMessage]
    /// What is answered.
    public let response: String
    /// The line of the file it starts on, counted from 1.
    public let line: Int
  }

  /// The file.
  public let path: String
  /// Digest of its content.
  public let digest: String
  /// The texts in the order of the file.
  public let texts: [Text]

  /// Reads a file whose lines have `prompt` and `response`, or `messages` that end with the answer.
  ///
  /// - Throws: `AuditError.line`, and what `PromptSet` throws.
  public init(path: String) throws {
    let set = try PromptSet(path: path)
    self.path = path
    digest = set.digest
    texts = try set.prompts.map { prompt in
      var messages = prompt.messages
      var response = prompt.response
      if response == nil, messages.count > 1, messages.last?.role == "assistant" {
        response = messages.removeLast().content
      }
      guard let response, !response.allSatisfy(\.isWhitespace) else {
        throw AuditError.line(
          path: path, line: prompt.line,
          problem:
            "has no response; expected prompt and response, or messages that end with an answer")
      }
      return Text(messages: messages, response: response, line: prompt.line)
    }
  }
}
