import ModelFiles

/// Why a prompt starts with the token that begins a sequence, or does not.
public enum BeginningOfSequenceDecision: String, Sendable {
  /// The tokenizer put it before the text.
  case addedByTokenizer
  /// The text starts with it already: the template writes it.
  case writtenByTemplate
  /// The model does without it.
  case none
}

/// A prompt as a model reads it: token ids, and what each token belongs to.
public struct TokenizedPrompt: Equatable, Sendable {
  /// The token ids, at least one.
  public let ids: [Int32]
  /// What each token belongs to, `[token]`.
  public let roles: [PositionRole]
  /// The bytes of `text` each token stands for, `[token]`; empty for a token the text does not hold.
  public let ranges: [Range<Int>]
  /// The text that was tokenized, UTF-8.
  public let text: [UInt8]
  /// How the token that begins the sequence came there.
  public let beginningOfSequence: BeginningOfSequenceDecision

  /// SHA-256 of the text, hexadecimal.
  public var textDigest: String { Digest.sha256(of: text) }

  /// A prompt of given ids, which are not places in a text.
  ///
  /// - Parameters:
  ///   - ids: the token ids, at least one.
  ///   - roles: what each token belongs to.
  ///   - text: what they stand for, UTF-8.
  public init(ids: [Int32], roles: [PositionRole], text: [UInt8] = []) {
    precondition(ids.count == roles.count, "\(ids.count) tokens, \(roles.count) roles")
    self.ids = ids
    self.roles = roles
    ranges = Array(repeating: 0..<0, count: ids.count)
    self.text = text
    beginningOfSequence = .none
  }

  init(
    tokens: [Token], roles: [PositionRole], text: [UInt8],
    beginningOfSequence: BeginningOfSequenceDecision
  ) {
    precondition(tokens.count == roles.count, "\(tokens.count) tokens, \(roles.count) roles")
    ids = tokens.map(\.id)
    ranges = tokens.map(\.range)
    self.roles = roles
    self.text = text
    self.beginningOfSequence = beginningOfSequence
  }
}
