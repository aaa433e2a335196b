import ModelFiles
import Tokenization

/// The examples of a JSONL file, with each line's bytes as they are.
///
/// A line has `prompt` and `response`, or `messages` whose last one is the assistant's answer, and may have
/// its system text apart in `system`.
/// Conversations of several turns are kept, but are no examples to learn from or to rewrite.
public struct ExchangeFile: Sendable {
  /// One line.
  public struct Row: Sendable {
    /// Its number in the file, from 1.
    public let line: Int
    /// The name it has in the file, or its index.
    public let id: String
    /// The example; nil for a conversation of several turns.
    public let exchange: Exchange?
    /// What the model should answer last.
    public let answer: String
    /// Whether its author says that the answer is safe although it refuses nothing.
    public let isRedirection: Bool
    /// The line without its end.
    public let bytes: [UInt8]
  }

  /// The file.
  public let path: String
  /// SHA-256 of the file's bytes.
  public let digest: String
  /// The lines that hold something.
  public let rows: [Row]
  /// Whether a line holds `messages` with the answer rather than `prompt` and `response`.
  public let usesMessages: Bool

  /// The column by which an author marks an answer that redirects safely instead of refusing.
  static let redirectionColumn = "safe_redirection"

  /// Reads a file.
  ///
  /// - Parameter path: a file whose name ends in `.jsonl` or `.json`, one object a line.
  /// - Throws: `TokenizationError` where lines are bad, `MixingError` where one has no answer,
  ///   `ModelFileError` where the file cannot be read.
  public init(path: String) throws {
    guard !path.lowercased().hasSuffix(".csv") else { throw MixingError.notJSONL(path: path) }
    let content = try PromptSet.content(of: path)
    let prompts = try PromptSet(path: path, content: content).prompts
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    self.path = path
    digest = Digest.sha256(of: content)
    rows = try prompts.map { try Self.row($0, bytes: lines[$0.line - 1], path: path) }
    usesMessages = prompts.contains { $0.response == nil || $0.messages.count > 1 }
  }

  /// The examples that have one turn.
  public var exchanges: [Exchange] { rows.compactMap(\.exchange) }

  private static func row(
    _ prompt: Prompt, bytes: ArraySlice<UInt8>, path: String
  ) throws(MixingError) -> Row {
    var messages = prompt.messages
    if let response = prompt.response {
      guard messages.last?.role != "assistant" else {
        throw MixingError.line(path: path, line: prompt.line, .twoAnswers)
      }
      messages.append(ChatMessage(role: "assistant", content: response))
    }
    guard let answer = messages.popLast(), answer.role == "assistant" else {
      throw MixingError.line(path: path, line: prompt.line, .noAnswer)
    }
    guard !answer.content.isBlank else {
      throw MixingError.line(path: path, line: prompt.line, .emptyAnswer)
    }
    var system = prompt.column(TrainingEncoder.systemColumn)
    if messages.first?.role == "system" {
      guard system == nil else {
        throw MixingError.line(path: path, line: prompt.line, .twoSystemTexts)
      }
      system = messages.removeFirst().content
    }
    let isOne = messages.count == 1 && messages[0].role == "user"
    var line = bytes
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    if prompt.line == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    return Row(
      line: prompt.line, id: prompt.id,
      exchange: isOne
        ? Exchange(system: system, user: messages[0].content, answer: answer.content) : nil,
      answer: answer.content, isRedirection: prompt.column(redirectionColumn) == "true",
      bytes: Array(line))
  }
}
