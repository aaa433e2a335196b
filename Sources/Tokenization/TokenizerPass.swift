/// One encoding of one text: the tokens so far, and memory that is used again from word to word.
struct TokenizerPass {
  private let tables: TokenizerTables
  private let literal: LiteralRanges
  private(set) var tokens: [Token] = []
  private var merger = WordMerger()
  private var entry: [UInt8] = []

  /// A pass in which no added token is found in literal ranges.
  init(_ tables: TokenizerTables, literal: LiteralRanges) {
    self.tables = tables
    self.literal = literal
  }

  /// Encodes a whole text.
  mutating func encode(_ bytes: [UInt8]) {
    let text = AlignedText(bytes)
    let whole = 0..<bytes.count
    let segments =
      literal.contains(whole)
      ? [.text(whole)]
      : tables.rawTokens.split(bytes, whole) { [literal] in !literal.overlaps($0) }
    for segment in segments {
      switch segment {
      case .token(let id, let range): tokens.append(Token(id: id, range: range))
      case .text(let range): encode(text, range)
      }
    }
  }

  /// Normalises what lies between added tokens, and looks for normalised added tokens in it.
  private mutating func encode(_ source: AlignedText, _ sourceRange: Range<Int>) {
    var (text, range) = (source, sourceRange)
    for step in tables.normalization where !step.leavesUnchanged(text, range) {
      text = step.applied(to: text, range)
      range = 0..<text.bytes.count
    }
    guard tables.hasNormalizedTokens, !literal.contains(text.origin(of: range)) else {
      return encodePlain(text, range)
    }
    let segments = tables.normalizedTokens.split(text.bytes, range) { [literal] in
      !literal.overlaps(text.origin(of: $0))
    }
    for segment in segments {
      switch segment {
      case .token(let id, let range):
        tokens.append(Token(id: id, range: text.origin(of: range)))
      case .text(let range): encodePlain(text, range)
      }
    }
  }

  /// Puts the prefix before text without added tokens, cuts it into pieces and merges each.
  private mutating func encodePlain(_ source: AlignedText, _ sourceRange: Range<Int>) {
    if sourceRange.isEmpty { return }
    let (text, range) = prefixed(source, sourceRange)
    switch tables.rule {
    case .ranked(let rule): encodePieces(text, range, by: rule)
    case .scored(let rule): encodePieces(text, range, by: rule)
    }
  }

  /// The text of a range behind its prefix, and the range that this then takes.
  private func prefixed(
    _ source: AlignedText, _ range: Range<Int>
  ) -> (AlignedText, Range<Int>) {
    var text: AlignedText
    switch tables.prefix {
    case .none:
      return (source, range)
    case .space:
      let space = UInt8(ascii: " ")
      if source.bytes[range.lowerBound] == space { return (source, range) }
      text = NormalizationStep.prepend([space]).applied(to: source, range)
    case .metaspace(let scheme):
      let mark = TokenizerDefinition.metaspace
      text = NormalizationStep.replace([UInt8(ascii: " ")], with: mark).applied(to: source, range)
      let isWanted =
        switch scheme {
        case .always: true
        case .first: source.origin(of: range).lowerBound == 0
        case .never: false
        }
      if isWanted, !text.bytes.starts(with: mark) {
        text = NormalizationStep.prepend(mark).applied(to: text, 0..<text.bytes.count)
      }
    }
    return (text, 0..<text.bytes.count)
  }

  private mutating func encodePieces<Rule: MergeRule>(
    _ text: AlignedText, _ range: Range<Int>, by rule: Rule
  ) {
    tables.preTokenizer.forEachPiece(of: text.bytes, range) { piece in
      if tables.ignoresMerges, let id = wholeToken(text.bytes, piece) {
        tokens.append(Token(id: id, range: text.origin(of: piece)))
        return
      }
      spell(text.bytes, piece)
      merger.merge(by: rule, in: text.bytes)
      for symbol in merger.symbols { emit(symbol, of: text) }
    }
  }

  /// The token that spells a whole piece, unless it is one that text may not become.
  private mutating func wholeToken(_ text: [UInt8], _ piece: Range<Int>) -> Int32? {
    let id: Int32?
    switch tables.alphabet {
    case .text: id = tables.vocabulary.id(of: text, piece)
    case .byteLevel:
      entry.removeAll(keepingCapacity: true)
      for byte in text[piece] { entry.append(scalar: ByteLevel.scalars[Int(byte)]) }
      id = tables.vocabulary.id(of: entry, entry.indices)
    }
    return id.flatMap { tables.specialTokens.contains($0) ? nil : $0 }
  }

  /// The symbols a piece starts from: its bytes or its scalars.
  private mutating func spell(_ text: [UInt8], _ piece: Range<Int>) {
    merger.symbols.removeAll(keepingCapacity: true)
    switch tables.alphabet {
    case .byteLevel: spellBytes(text, piece)
    case .text: spellScalars(text, piece)
    }
  }

  private mutating func spellBytes(_ text: [UInt8], _ piece: Range<Int>) {
    var wasReplaced = false
    for index in piece {
      var id = tables.byteIDs[Int(text[index])]
      if id < 0 {
        switch tables.missingBytes {
        case .joined: continue
        case .separating: break
        case .replaced(let unknown, let fused):
          if fused, wasReplaced {
            merger.symbols[merger.symbols.count - 1].end = Int32(index + 1)
            continue
          }
          id = unknown
        }
        wasReplaced = true
      } else {
        wasReplaced = false
      }
      merger.symbols.append(Symbol(id: id, start: Int32(index), end: Int32(index + 1)))
    }
  }

  private mutating func spellScalars(_ text: [UInt8], _ piece: Range<Int>) {
    var index = piece.lowerBound
    while index < piece.upperBound {
      let next = index + text.scalar(at: index, before: piece.upperBound).length
      let id = tables.vocabulary.id(of: text, index..<next)
      if let id, !tables.specialTokens.contains(id) {
        merger.symbols.append(Symbol(id: id, start: Int32(index), end: Int32(next)))
      } else if case .scored = tables.rule {
        // Joined with a neighbour it may still spell a token; else `emit` falls back on bytes.
        merger.symbols.append(Symbol(id: -1, start: Int32(index), end: Int32(next)))
      } else {
        for place in index..<next {
          let id = tables.byteIDs[Int(text[place])]
          merger.symbols.append(Symbol(id: id, start: Int32(place), end: Int32(place + 1)))
        }
      }
      index = next
    }
  }

  private mutating func emit(_ symbol: Symbol, of text: AlignedText) {
    let range = Int(symbol.start)..<Int(symbol.end)
    if symbol.id >= 0 {
      tokens.append(Token(id: symbol.id, range: text.origin(of: range)))
    } else if tables.alphabet == .text {
      for place in range {
        let id = tables.byteIDs[Int(text.bytes[place])]
        tokens.append(Token(id: id, range: text.origin(of: place..<place + 1)))
      }
    }
  }
}
