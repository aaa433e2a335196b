internal import ModelFiles

/// A token that is found in text as it stands, before any splitting or merging.
package struct AddedToken: Sendable, Equatable {
  package var id: Int32
  package var content: [UInt8]
  /// Controls the model rather than saying something; never made from literal text.
  package var isSpecial = false
  /// Found only where neither neighbour is part of a word.
  package var isSingleWord = false
  /// Takes the white space before it.
  package var stripsLeft = false
  /// Takes the white space after it.
  package var stripsRight = false
  /// Normalised itself, and found in normalised text.
  package var isNormalized = false

  package init(
    id: Int32, content: [UInt8], isSpecial: Bool = false, isSingleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }
}

/// A part of a text: an added token, or text to be split and merged.
package enum TextSegment: Equatable {
  case text(Range<Int>)
  case token(Int32, Range<Int>)
}

/// Finds added tokens in text.
package struct AddedTokenMatcher: Sendable {
  /// Which token wins where several overlap.
  package enum Precedence: Sendable {
    /// The leftmost, and the longest of those, as HuggingFace has it.
    case leftmost
    /// The longest wherever it stands, as llama.cpp has it.
    case longest
  }

  private let tokens: [AddedToken]
  /// Their contents, by position in `tokens`.
  private let contents: Vocabulary
  private let lengths: [Int]
  private let canStart: [Bool]
  let precedence: Precedence
  /// Rust's `\w` and `\s` are those of Unicode 16.
  private let classes = UnicodeClasses.sixteen

  /// Tokens whose contents differ and are not empty.
  package init(_ tokens: [AddedToken], precedence: Precedence) throws(Vocabulary.Collision) {
    self.tokens = tokens
    self.precedence = precedence
    contents = try Vocabulary(tokens.map { ByteString($0.content) })
    lengths = Set(tokens.map(\.content.count)).sorted(by: >)
    var canStart = [Bool](repeating: false, count: 256)
    for token in tokens { canStart[Int(token.content[0])] = true }
    self.canStart = canStart
  }

  /// Splits a range of a text at the tokens found in it.
  ///
  /// Tokens are found only where `isOpen` says that a range is open to them; literal text is not.
  package func split(
    _ text: [UInt8], _ range: Range<Int>, where isOpen: (Range<Int>) -> Bool
  ) -> [TextSegment] {
    if range.isEmpty { return [] }
    if tokens.isEmpty { return [.text(range)] }
    let found =
      switch precedence {
      case .leftmost: leftmost(text, range, where: isOpen)
      case .longest: longest(text, range, where: isOpen)
      }
    var segments: [TextSegment] = []
    var start = range.lowerBound
    for (token, match) in found {
      if token.isSingleWord, !standsAlone(match, in: text, range) { continue }
      var match = match
      if token.stripsLeft { match = withSpaceBefore(match, in: text, from: start, where: isOpen) }
      if token.stripsRight {
        match = withSpaceAfter(match, in: text, before: range.upperBound, where: isOpen)
      }
      if start < match.lowerBound { segments.append(.text(start..<match.lowerBound)) }
      segments.append(.token(token.id, match))
      start = match.upperBound
    }
    if start < range.upperBound { segments.append(.text(start..<range.upperBound)) }
    return segments
  }

  private typealias Match = (token: AddedToken, range: Range<Int>)

  private func leftmost(
    _ text: [UInt8], _ range: Range<Int>, where isOpen: (Range<Int>) -> Bool
  ) -> [Match] {
    var found: [Match] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if canStart[Int(text[index])],
        let match = matches(text, at: index, before: range.upperBound, where: isOpen).first
      {
        found.append(match)
        index = match.range.upperBound
      } else {
        index += 1
      }
    }
    return found
  }

  private func longest(
    _ text: [UInt8], _ range: Range<Int>, where isOpen: (Range<Int>) -> Bool
  ) -> [Match] {
    var candidates: [Match] = []
    for index in range where canStart[Int(text[index])] {
      candidates += matches(text, at: index, before: range.upperBound, where: isOpen)
    }
    candidates.sort { left, right in
      (-left.range.count, left.token.id, left.range.lowerBound)
        < (-right.range.count, right.token.id, right.range.lowerBound)
    }
    var isTaken = [Bool](repeating: false, count: range.count)
    var found: [Match] = []
    for match in candidates {
      let offset = match.range.lowerBound - range.lowerBound
      let places = offset..<offset + match.range.count
      if isTaken[places].contains(true) { continue }
      for place in places { isTaken[place] = true }
      found.append(match)
    }
    return found.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// The tokens that start at a place, longest first.
  private func matches(
    _ text: [UInt8], at index: Int, before end: Int, where isOpen: (Range<Int>) -> Bool
  ) -> [Match] {
    var found: [Match] = []
    for length in lengths where length <= end - index {
      let range = index..<index + length
      if let place = contents.id(of: text, range), isOpen(range) {
        found.append((tokens[Int(place)], range))
      }
    }
    return found
  }

  private func standsAlone(_ match: Range<Int>, in text: [UInt8], _ range: Range<Int>) -> Bool {
    if match.lowerBound > range.lowerBound {
      let before = text.scalar(endingAt: match.lowerBound, from: range.lowerBound)
      if classes[before.value].isWord { return false }
    }
    if match.upperBound < range.upperBound {
      let after = text.scalar(at: match.upperBound, before: range.upperBound)
      if classes[after.value].isWord { return false }
    }
    return true
  }

  private func withSpaceBefore(
    _ match: Range<Int>, in text: [UInt8], from start: Int, where isOpen: (Range<Int>) -> Bool
  ) -> Range<Int> {
    var lower = match.lowerBound
    while lower > start {
      let scalar = text.scalar(endingAt: lower, from: start)
      guard classes[scalar.value] == .space, isOpen(lower - scalar.length..<lower) else { break }
      lower -= scalar.length
    }
    return lower..<match.upperBound
  }

  private func withSpaceAfter(
    _ match: Range<Int>, in text: [UInt8], before end: Int, where isOpen: (Range<Int>) -> Bool
  ) -> Range<Int> {
    var upper = match.upperBound
    while upper < end {
      let scalar = text.scalar(at: upper, before: end)
      guard classes[scalar.value] == .space, isOpen(upper..<upper + scalar.length) else { break }
      upper += scalar.length
    }
    return match.lowerBound..<upper
  }
}
