public import ModelFiles

/// Why a tokenizer could not be made from its files.
public enum TokenizationError: Failure, Equatable {
  // The file as a whole
  /// A field that must be there is not.
  case missing(file: String, field: String)
  /// A field has the wrong type or a value out of range.
  case malformed(file: String, field: String, expected: String)
  /// The format's version is not the one this package reads.
  case version(file: String, found: ByteString)
  /// A part of the tokenizer is of a kind that is not implemented.
  case unsupported(file: String, part: String, found: ByteString, known: String)
  /// A splitting pattern is not one of those implemented.
  case pattern(file: String, found: ByteString)

  // Vocabulary
  /// Two entries claim one id.
  case sharedID(file: String, id: Int, first: ByteString, second: ByteString)
  /// Two entries have the same text.
  case repeatedToken(file: String, token: ByteString, first: Int, second: Int)
  /// Two tables that run in parallel differ in length.
  case lengths(file: String, first: String, count: Int, second: String, otherCount: Int)
  /// An id that names a special token lies outside the vocabulary.
  case idOutside(file: String, field: String, id: Int, count: Int)
  /// A byte has no token to fall back on.
  case missingByteToken(file: String, token: ByteString)
  /// A token's score is not a finite number.
  case score(file: String, id: Int)

  // Merges
  /// A merge is not two texts.
  case merge(file: String, index: Int, found: ByteString)
  /// A merge names or makes a text that is no token.
  case mergeOutsideVocabulary(file: String, index: Int, missing: ByteString)
  /// A pair of tokens is merged twice.
  case repeatedMerge(file: String, index: Int, left: ByteString, right: ByteString)

  // Added and special tokens
  /// An added token has no text.
  case emptyAddedToken(file: String, index: Int)
  /// An added token is written with another id than its text has.
  case addedTokenID(file: String, token: ByteString, written: Int, expected: Int)
  /// Two places name a different special token for the same purpose.
  case conflict(
    file: String, purpose: String, first: String, firstToken: ByteString, second: String,
    secondToken: ByteString)
  /// A special token that is named is not in the vocabulary.
  case unknownSpecialToken(file: String, field: String, token: ByteString)

  // Chat templates and prompts
  /// A conversation cannot be laid out as the model's chat template has it.
  case chatTemplate(ChatTemplateFault)
  /// A file is not a prompt file.
  case promptFile(path: String, PromptFileFault)
  /// Lines of a prompt file are bad: the first few of them, and how many there are.
  case promptLines(path: String, [PromptLineFault], count: Int)
  /// A position is asked for that does not exist.
  case position(PositionFault)

  public var kind: FailureKind {
    if case .position(.unknown) = self { return .usage }
    return .badInput
  }
}

extension TokenizationError {
  /// One sentence: which file, what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .chatTemplate(let fault): return fault.sentence
    case .promptFile(let path, let fault): return "\(shown(path)) \(fault.phrase)."
    case .promptLines(let path, let faults, let count):
      return PromptLineFault.sentences(faults, count: count, path: shown(path))
    case .position(let fault): return fault.sentence
    case .missing(let file, let field):
      return "\(file) has no \(field), which a tokenizer needs; is the file complete?"
    case .malformed(let file, let field, let expected):
      return "\(field) in \(file) should be \(expected)."
    case .version(let file, let found):
      return "\(file) has version \"\(found)\", but only \"1.0\" is known."
    case .unsupported(let file, let part, let found, let known):
      return "The \(part) in \(file) is \"\(found)\", which is not implemented (\(known))."
    case .pattern(let file, let found):
      return """
        The pre-tokenizer in \(file) splits by the pattern \"\(found)\", which is not one of those \
        known (GPT-2, Llama 3, Qwen 2, Tekken); patterns from files are never run.
        """
    case .sharedID(let file, let id, let first, let second):
      return "Id \(id) in the vocabulary of \(file) belongs to both \"\(first)\" and \"\(second)\"."
    case .repeatedToken(let file, let token, let first, let second):
      return "The token \"\(token)\" in \(file) has two ids, \(first) and \(second)."
    case .lengths(let file, let first, let count, let second, let otherCount):
      return "\(first) in \(file) has \(count) entries, but \(second) has \(otherCount)."
    case .idOutside(let file, let field, let id, let count):
      return "\(field) in \(file) is \(id), but the vocabulary has ids 0 to \(count - 1)."
    case .missingByteToken(let file, let token):
      return """
        The vocabulary of \(file) lacks \"\(token)\", so text with that byte could not be encoded.
        """
    case .score(let file, let id):
      return "The score of token \(id) in \(file) is not a finite number."
    case .merge(let file, let index, let found):
      return "Merge \(index) in \(file) is \"\(found)\", but two tokens and one space are expected."
    case .mergeOutsideVocabulary(let file, let index, let missing):
      return """
        Merge \(index) in \(file) needs the token \"\(missing)\", which is not in the vocabulary.
        """
    case .repeatedMerge(let file, let index, let left, let right):
      return "Merge \(index) in \(file) repeats the pair \"\(left)\" and \"\(right)\"."
    case .emptyAddedToken(let file, let index):
      return "Added token \(index) in \(file) is empty; it would be found everywhere."
    case .addedTokenID(let file, let token, let written, let expected):
      return """
        The added token \"\(token)\" in \(file) is written with id \(written), but its id is \
        \(expected).
        """
    case .conflict(let file, let purpose, let first, let firstToken, let second, let secondToken):
      return """
        The \(purpose) token of \(file) is \"\(firstToken)\" by its \(first) but \"\(secondToken)\" \
        by its \(second); correct one of them.
        """
    case .unknownSpecialToken(let file, let field, let token):
      return "\(field) in \(file) is \"\(token)\", which is not in the vocabulary."
    }
  }
}
