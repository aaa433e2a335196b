internal import ModelFiles

/// What tokenizers differ in, decoded from a file: every choice is closed here.
struct TokenizerDefinition {
  /// How a vocabulary writes bytes, and what a word starts from.
  enum Alphabet: Equatable {
    /// One character for each byte; words start as bytes.
    case byteLevel
    /// Text as it is, with `▁` for a space and `<0x0A>` for bytes without a token; words start as
    /// scalars.
    case text
  }

  /// What decides which neighbours merge.
  enum Merging {
    /// A list of pairs, first come first served.
    case ranked(MergeTable)
    /// Whatever two neighbours spell, by the score of that token.
    case scored([Float])
  }

  /// What becomes of a byte for which a byte-level vocabulary has no token.
  enum MissingBytes: Equatable {
    /// It is left out, and its neighbours may merge.
    case joined
    /// It is left out, and its neighbours stay apart.
    case separating
    /// It becomes this token; a run of them becomes one, if they are fused.
    case replaced(by: Int32, fused: Bool)
  }

  /// What is put before a text.
  enum Prefix: Equatable {
    case none
    /// A space, unless there is one.
    case space
    /// `▁` for every space, and one put before the text unless there is one.
    case metaspace(MetaspaceScheme)
  }

  /// Where `▁` is put before a text.
  enum MetaspaceScheme: Equatable {
    case always
    /// Only where the whole text starts, not behind an added token.
    case first
    case never
  }

  /// The file, for messages.
  var file: String
  /// Tokens as the file writes them, by id; nil is a hole.
  var tokens: [ByteString?]
  var vocabulary: Vocabulary
  var addedTokens: [AddedToken] = []
  var precedence: AddedTokenMatcher.Precedence
  /// Tokens that control the model: special ones, and those of unknown text.
  var specialTokens: Set<Int32> = []
  var alphabet: Alphabet
  var merging: Merging
  /// A piece that is a token as a whole is taken at once.
  var ignoresMerges = false
  var missingBytes = MissingBytes.joined
  var normalization: [NormalizationStep] = []
  var prefix = Prefix.none
  var rules: [(rule: PreTokenizer.Rule, edition: UnicodeEdition)] = []
  /// Decoding takes away one space at the start, which encoding has put there.
  var stripsLeadingSpace = false
  var beginningOfSequence: Int32?
  var addsBeginningOfSequence = false
  var endOfSequence: Set<Int32> = []
}

extension TokenizerDefinition {
  /// Ids are below this, so that a rank and an id fit in one word.
  static let idLimit = 1 << 22

  /// `▁`, which stands for a space.
  static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]

  /// How a vocabulary writes a byte that has no token of its own.
  static func byteToken(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] + Array(">".utf8)
  }

  /// Special tokens that end a turn or a text, besides the one a file names.
  static let endings: [ByteString] = [
    "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>",
    "<|end_of_text|>", "</s>",
  ]

  /// The id of a token by its text, added tokens included.
  func id(of token: ByteString) -> Int32? {
    addedTokens.first { $0.content == token.bytes }?.id
      ?? vocabulary.id(of: token.bytes, token.bytes.indices)
  }

  /// Turns an entry's collision into an error that names the file.
  static func vocabulary(
    _ tokens: [ByteString?], file: String
  ) throws(TokenizationError) -> Vocabulary {
    do {
      return try Vocabulary(tokens)
    } catch {
      throw .repeatedToken(
        file: file, token: tokens[error.first] ?? "", first: error.first, second: error.second)
    }
  }

  /// Whether no token has `▁` behind anything else, so that nothing merges across that border and
  /// text may be cut there.
  func keepsMetaspaceFirst() -> Bool {
    let mark = Self.metaspace
    for (id, token) in tokens.enumerated() {
      guard let bytes = token?.bytes, !specialTokens.contains(Int32(id)), bytes.count > mark.count,
        bytes.contains(mark[0])
      else { continue }
      var isLead = true
      var index = 0
      while index < bytes.count {
        let isMark = bytes[index...].starts(with: mark)
        if isMark && !isLead { return false }
        isLead = isLead && isMark
        index += isMark ? mark.count : 1
      }
    }
    return true
  }
}
