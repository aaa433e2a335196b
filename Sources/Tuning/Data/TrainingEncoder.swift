public import ModelFiles
public import Tokenization

/// Turns the conversations of a prompt file into examples.
///
/// Loss is on what the assistant says and on the end of its turn, never on prompts or on what the template
/// writes before a turn. With raw text it is on the response alone, and nothing is put behind it.
public struct TrainingEncoder: Sendable {
  private let encoder: PromptEncoder

  /// The column with a line's system text, where it is no message.
  static let systemColumn = "system"

  /// The encoder for a model's own tokenizer and template.
  ///
  /// - Throws: `TokenizationError` or `ModelFileError` where the files cannot be used.
  public init(
    _ source: TokenizerSource, system: String? = nil, isRaw: Bool = false,
    parsesSpecialTokens: Bool = false
  ) throws {
    self.init(
      try PromptEncoder(
        source,
        options: PromptEncoder.Options(
          system: system, isRaw: isRaw, parsesSpecialTokens: parsesSpecialTokens,
          addsGenerationPrompt: false)))
  }

  /// An encoder of whole conversations.
  package init(_ encoder: PromptEncoder) {
    precondition(!encoder.options.addsGenerationPrompt, "an example ends with its last turn")
    self.encoder = encoder
  }

  /// The model's tokenizer.
  public var tokenizer: Tokenizer { encoder.tokenizer }
  /// The SHA-256 of the chat template; nil for raw text.
  public var templateDigest: String? { encoder.template?.digest }

  /// The example of a prompt and its answer.
  ///
  /// - Parameters:
  ///   - prompt: a line of a file.
  ///   - answer: what to answer; nil for what the file says.
  ///   - replaces: whether an answer that ends the conversation gives way to it.
  /// - Returns: the example.
  /// - Throws: `TrainingFault` for a line that cannot be learned from.
  package func example(
    of prompt: Prompt, answer: String? = nil, replaces: Bool = false
  ) throws(TrainingFault) -> TrainingExample {
    let answer = answer ?? prompt.response
    let encoded: TokenizedPrompt
    var carriesLoss: [Bool]
    if encoder.options.isRaw {
      guard prompt.messages.count == 1, let answer else { throw .rawConversation }
      guard !answer.isBlank else { throw .emptyAnswer(message: nil) }
      let text = prompt.messages[0].content
      encoded = try encode([ChatMessage(role: "user", content: text + answer)])
      carriesLoss = encoded.ranges.map { $0.upperBound > text.utf8.count }
    } else {
      let messages = try conversation(prompt, answer: answer, replaces: replaces)
      encoded = try encode(messages)
      carriesLoss = encoded.answerTokens(tokenizer)
    }
    carriesLoss[0] = false
    guard carriesLoss.contains(true) else { throw .noTargets }
    let roles = zip(encoded.roles, carriesLoss).map { role, isAnswer in
      encoder.options.isRaw && isAnswer ? .assistant : role
    }
    return TrainingExample(
      line: prompt.line, id: prompt.id, ids: encoded.ids, roles: roles, carriesLoss: carriesLoss)
  }

  /// The turns of a line, with its system text before and its answer behind them.
  private func conversation(
    _ prompt: Prompt, answer: String?, replaces: Bool
  ) throws(TrainingFault) -> [ChatMessage] {
    var messages = prompt.messages
    if replaces, messages.last?.role == "assistant" { messages.removeLast() }
    if let system = prompt.column(Self.systemColumn) {
      guard messages.first?.role != "system" else { throw .twoSystemTexts }
      messages.insert(ChatMessage(role: "system", content: system), at: 0)
    }
    if let answer {
      guard messages.last?.role != "assistant" else { throw .twoAnswers }
      messages.append(ChatMessage(role: "assistant", content: answer))
    }
    let answers = messages.indices.filter { messages[$0].role == "assistant" }
    guard !answers.isEmpty else { throw .noAnswer }
    if let empty = answers.first(where: { messages[$0].content.isBlank }) {
      throw .emptyAnswer(message: answer == nil ? empty : nil)
    }
    return messages
  }

  private func encode(_ messages: [ChatMessage]) throws(TrainingFault) -> TokenizedPrompt {
    do {
      return try encoder.encode(messages)
    } catch {
      throw .conversation(error)
    }
  }
}

extension String {
  /// Whether there is nothing but white space.
  var isBlank: Bool { allSatisfy(\.isWhitespace) }

  /// The text without white space around it.
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
  }
}

extension TokenizedPrompt {
  /// The tokens of assistants' turns: their content, and behind it all up to the token that ends the turn.
  fileprivate func answerTokens(_ tokenizer: Tokenizer) -> [Bool] {
    var marks = roles.map { $0 == .assistant }
    var position = 0
    while let start = roles[position...].firstIndex(of: .assistant) {
      let end = roles[start...].firstIndex { $0 != .assistant } ?? roles.count
      // What the template writes until the next content.
      let next = roles[end...].firstIndex { $0 != .template && $0 != .tail } ?? roles.count
      let written = end..<next
      // Some model files name only the token that ends a text; then the one right behind the turn ends it.
      let last =
        written.first { tokenizer.endOfSequence.contains(ids[$0]) }
        ?? written.first.flatMap { tokenizer.isSpecial(ids[$0]) ? $0 : nil }
      if let last { for place in end...last { marks[place] = true } }
      position = end
      if position == roles.count { break }
    }
    return marks
  }
}
