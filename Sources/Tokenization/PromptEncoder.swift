import ModelFiles

/// Turns conversations into tokens, each with the role of the text it comes from.
public struct PromptEncoder: Sendable {
  /// How conversations are laid out and tokenized.
  public struct Options: Codable, Equatable, Sendable {
    /// A system message put before every conversation, which must not bring its own.
    public var system: String?
    /// Whether the text of a single message is taken as it is, without the template.
    public var isRaw: Bool
    /// Whether special tokens are recognised in content; otherwise it is plain text throughout.
    public var parsesSpecialTokens: Bool
    /// Whether the template opens the assistant's next turn.
    public var addsGenerationPrompt: Bool

    /// Options as on the command line, where content is literal and the assistant's turn is opened.
    public init(
      system: String? = nil, isRaw: Bool = false, parsesSpecialTokens: Bool = false,
      addsGenerationPrompt: Bool = true
    ) {
      self.system = system
      self.isRaw = isRaw
      self.parsesSpecialTokens = parsesSpecialTokens
      self.addsGenerationPrompt = addsGenerationPrompt
    }
  }

  /// The model's tokenizer.
  public let tokenizer: Tokenizer
  /// The model's chat template, if it has one and it is wanted.
  public let template: ChatTemplate?
  /// How conversations are laid out and tokenized.
  public let options: Options

  /// An encoder for a model; without a template only raw text can be encoded.
  public init(tokenizer: Tokenizer, template: ChatTemplate?, options: Options = Options()) {
    self.tokenizer = tokenizer
    self.template = template
    self.options = options
  }

  /// Lays out a conversation and tokenizes the text in one go.
  ///
  /// - Parameter messages: the turns in order; a single one when the options ask for raw text.
  /// - Returns: at least one token.
  /// - Throws: `TokenizationError` when the conversation cannot be laid out or gives no tokens.
  public func encode(_ messages: [ChatMessage]) throws(TokenizationError) -> TokenizedPrompt {
    let chat = try options.isRaw ? rawText(of: messages) : rendered(messages)
    guard chat.text.count <= Tokenizer.textLimit else {
      throw .chatTemplate(.tooLong(byteCount: chat.text.count))
    }
    let literal = options.parsesSpecialTokens ? [] : chat.contentRanges
    var tokens = tokenizer.encode(chat.text, literal: literal)
    let decision = try decideBeginning(of: tokens)
    if decision == .addedByTokenizer, let id = tokenizer.beginningOfSequence {
      tokens.insert(Token(id: id, range: 0..<0), at: 0)
    }
    guard !tokens.isEmpty else { throw .chatTemplate(.noTokens) }
    let all = allMessages(messages)
    var roles = chat.roles(of: tokens, in: all)
    if decision != .none { roles[0] = .beginningOfSequence }
    return TokenizedPrompt(
      tokens: tokens, roles: roles, text: chat.text, beginningOfSequence: decision)
  }

  /// The messages with the system text of the options.
  private func allMessages(_ messages: [ChatMessage]) -> [ChatMessage] {
    guard let system = options.system else { return messages }
    return [ChatMessage(role: "system", content: system)] + messages
  }

  private func rendered(_ messages: [ChatMessage]) throws(TokenizationError) -> RenderedChat {
    guard let template else { throw .chatTemplate(.missing) }
    if options.system != nil, let index = messages.firstIndex(where: { $0.role == "system" }) {
      throw .chatTemplate(.secondSystemMessage(message: index))
    }
    return try template.render(
      allMessages(messages), addGenerationPrompt: options.addsGenerationPrompt)
  }

  private func rawText(of messages: [ChatMessage]) throws(TokenizationError) -> RenderedChat {
    guard options.system == nil else { throw .chatTemplate(.systemTextWithoutTemplate) }
    guard messages.count == 1, messages[0].role == "user" else {
      throw .chatTemplate(.conversationWithoutTemplate(messageCount: messages.count))
    }
    let text = Array(messages[0].content.utf8)
    let pieces = text.isEmpty ? [] : [RenderedChat.Piece(range: text.indices, origin: .message(0))]
    return RenderedChat(text: text, pieces: pieces)
  }

  private func decideBeginning(
    of tokens: [Token]
  ) throws(TokenizationError) -> BeginningOfSequenceDecision {
    guard let id = tokenizer.beginningOfSequence else { return .none }
    if tokens.first?.id == id {
      guard tokens.dropFirst().first?.id != id else {
        throw .chatTemplate(.doubledBeginning(ByteString(tokenizer.bytes(of: id))))
      }
      return .writtenByTemplate
    }
    return tokenizer.addsBeginningOfSequence ? .addedByTokenizer : .none
  }
}

extension RenderedChat {
  /// What each token belongs to; a token with any byte of a message's content belongs to that message.
  fileprivate func roles(of tokens: [Token], in messages: [ChatMessage]) -> [PositionRole] {
    let tailStart = tailStart(in: messages) ?? Int.max
    var roles: [PositionRole] = []
    var next = 0
    for token in tokens {
      while next < pieces.count, pieces[next].range.upperBound <= token.range.lowerBound {
        next += 1
      }
      var role: PositionRole = token.range.lowerBound >= tailStart ? .tail : .template
      for piece in pieces[next...] {
        guard piece.range.lowerBound < max(token.range.upperBound, token.range.lowerBound + 1)
        else { break }
        if case .message(let index) = piece.origin {
          role = PositionRole(ofMessage: messages[index].role)
          break
        }
      }
      roles.append(role)
    }
    return roles
  }

  /// Where the template's text after the last content begins; nil when the last message left nothing in
  /// the text, so that there is no place after it.
  private func tailStart(in messages: [ChatMessage]) -> Int? {
    guard pieces.contains(where: { $0.origin == .message(messages.count - 1) }) else { return nil }
    return pieces.last { $0.origin != .template }?.range.upperBound
  }
}
