import ModelFiles
public import Tokenization

/// Questions with several answers, of which one is right.
public struct UtilityItems: Sendable {
  /// A question.
  public struct Item: Sendable, Equatable {
    /// What is asked.
    public let messages: [ChatMessage]
    /// What may be answered, at least two.
    public let choices: [String]
    /// The place of the right one.
    public let answer: Int
    /// The line of the file it starts on, counted from 1.
    public let line: Int
  }

  /// The file.
  public let path: String
  /// Digest of its content.
  public let digest: String
  /// The questions in the order of the file.
  public let items: [Item]

  /// Reads a file whose lines have `prompt`, `choices` and `answer`.
  ///
  /// The answer is the right choice's text, its place counted from 0, or its letter.
  ///
  /// - Throws: `AuditError.line`, and what `PromptSet` throws.
  public init(path: String) throws {
    let set = try PromptSet(path: path)
    self.path = path
    digest = set.digest
    items = try set.prompts.map { prompt in
      func fault(_ problem: String) -> AuditError {
        .line(path: path, line: prompt.line, problem: problem)
      }
      guard let choices = Self.choices(prompt.column("choices")) else {
        throw fault("has no choices; expected an array of at least two different texts")
      }
      guard let answer = prompt.column("answer") else {
        throw fault(
          "has no answer; expected the right choice's text, its place counted from 0, or its letter"
        )
      }
      guard let place = Self.place(of: answer, in: choices) else {
        throw fault(
          "has an answer that is none of its \(choices.count) choices; expected the right one's text, its place "
            + "counted from 0, or its letter")
      }
      return Item(messages: prompt.messages, choices: choices, answer: place, line: prompt.line)
    }
  }

  private static func choices(_ text: String?) -> [String]? {
    guard let text, let elements = (try? JSONValue.parse(Array(text.utf8)))?.asArray else {
      return nil
    }
    let choices = elements.compactMap { $0.asString?.string }.filter { !$0.isEmpty }
    guard choices.count == elements.count, choices.count >= 2,
      Set(choices).count == choices.count
    else { return nil }
    return choices
  }

  private static func place(of answer: String, in choices: [String]) -> Int? {
    if let place = choices.firstIndex(of: answer) { return place }
    if let place = Int(answer) { return choices.indices.contains(place) ? place : nil }
    guard answer.utf8.count == 1, let letter = answer.uppercased().utf8.first,
      letter >= UInt8(ascii: "A")
    else { return nil }
    let place = Int(letter) - Int(UInt8(ascii: "A"))
    return choices.indices.contains(place) ? place : nil
  }
}
