/// Finding, stripping, splitting and replacing as Python's `str` does it.
extension TracedText {
  /// The first place at or after `start` where `needle` stands.
  func firstIndex(of needle: TracedText, from start: Int = 0, upTo end: Int? = nil) -> Int? {
    let end = min(end ?? count, count)
    guard start >= 0, needle.count <= end - start else { return nil }
    var position = start
    while position + needle.count <= end {
      if matches(needle, at: position) { return position }
      position += 1
    }
    return nil
  }

  /// The last place before `end` where `needle` stands whole.
  func lastIndex(of needle: TracedText, from start: Int = 0, upTo end: Int? = nil) -> Int? {
    let end = min(end ?? count, count)
    guard start >= 0 else { return nil }
    var position = end - needle.count
    while position >= start {
      if matches(needle, at: position) { return position }
      position -= 1
    }
    return nil
  }

  /// How often `needle` stands in the text without overlaps.
  func occurrences(of needle: TracedText) -> Int {
    if needle.isEmpty { return count + 1 }
    var found = 0
    var position = 0
    while let next = firstIndex(of: needle, from: position) {
      found += 1
      position = next + needle.count
    }
    return found
  }

  func contains(_ needle: TracedText) -> Bool { firstIndex(of: needle) != nil }

  func hasPrefix(_ prefix: TracedText) -> Bool {
    prefix.count <= count && matches(prefix, at: 0)
  }

  func hasSuffix(_ suffix: TracedText) -> Bool {
    suffix.count <= count && matches(suffix, at: count - suffix.count)
  }

  private func matches(_ needle: TracedText, at position: Int) -> Bool {
    for offset in needle.scalars.indices
    where scalars[position + offset].value != needle.scalars[offset].value {
      return false
    }
    return true
  }

  /// Removes whitespace, or any of `characters`, from the chosen ends.
  func stripped(of characters: TracedText?, left: Bool = true, right: Bool = true) -> TracedText {
    func isStripped(_ traced: TracedScalar) -> Bool {
      guard let characters else { return traced.isWhitespace }
      return characters.scalars.contains { $0.value == traced.value }
    }
    var lower = 0
    var upper = count
    if left {
      while lower < upper, isStripped(scalars[lower]) { lower += 1 }
    }
    if right {
      while upper > lower, isStripped(scalars[upper - 1]) { upper -= 1 }
    }
    return lower == 0 && upper == count ? self : self[lower..<upper]
  }

  /// Replaces at most `limit` occurrences; an empty `old` stands between all scalars.
  func replacing(_ old: TracedText, with new: TracedText, limit: Int = .max) -> TracedText {
    var result: [TracedScalar] = []
    var replaced = 0
    var position = 0
    if old.isEmpty {
      for traced in scalars {
        if replaced < limit { result += new.scalars }
        replaced += replaced < limit ? 1 : 0
        result.append(traced)
      }
      if replaced < limit { result += new.scalars }
      return TracedText(scalars: result)
    }
    while replaced < limit, let next = firstIndex(of: old, from: position) {
      result += scalars[position..<next]
      result += new.scalars
      position = next + old.count
      replaced += 1
    }
    if replaced == 0 { return self }
    result += scalars[position...]
    return TracedText(scalars: result)
  }

  /// Splits at a separator, at most `limit` times from the left.
  func split(at separator: TracedText, limit: Int) -> [TracedText] {
    var pieces: [TracedText] = []
    var position = 0
    while pieces.count < limit, let next = firstIndex(of: separator, from: position) {
      pieces.append(self[position..<next])
      position = next + separator.count
    }
    pieces.append(self[position..<count])
    return pieces
  }

  /// Splits at a separator, at most `limit` times from the right.
  func splitFromRight(at separator: TracedText, limit: Int) -> [TracedText] {
    var pieces: [TracedText] = []
    var end = count
    while pieces.count < limit, let next = lastIndex(of: separator, upTo: end) {
      pieces.append(self[(next + separator.count)..<end])
      end = next
    }
    pieces.append(self[0..<end])
    return pieces.reversed()
  }

  /// Splits at runs of whitespace, dropping empty pieces, at most `limit` times from the left.
  func splitAtWhitespace(limit: Int) -> [TracedText] {
    var pieces: [TracedText] = []
    var rest = stripped(of: nil, right: false).scalars[...]
    while !rest.isEmpty {
      if pieces.count == limit {
        pieces.append(TracedText(rest))
        break
      }
      let piece = rest.prefix { !$0.isWhitespace }
      pieces.append(TracedText(piece))
      rest = rest[piece.endIndex...].drop { $0.isWhitespace }
    }
    return pieces
  }

  /// The mirror image of `splitAtWhitespace`, counting from the right.
  func splitAtWhitespaceFromRight(limit: Int) -> [TracedText] {
    let mirrored = TracedText(scalars: scalars.reversed()).splitAtWhitespace(limit: limit)
    return mirrored.reversed().map { TracedText(scalars: $0.scalars.reversed()) }
  }

  /// The lines without, or with, their line ends.
  func lines(keepingEnds: Bool = false) -> [TracedText] {
    var lines: [TracedText] = []
    var start = 0
    var position = 0
    while position < count {
      let value = scalars[position].value
      guard isLineEnd(value) else {
        position += 1
        continue
      }
      let isPair = value == 0x0D && position + 1 < count && scalars[position + 1].value == 0x0A
      let next = position + (isPair ? 2 : 1)
      lines.append(TracedText(scalars[start..<(keepingEnds ? next : position)]))
      start = next
      position = next
    }
    if start < count { lines.append(TracedText(scalars[start...])) }
    return lines
  }
}

/// What Python's `splitlines` breaks at.
private func isLineEnd(_ value: UInt32) -> Bool {
  switch value {
  case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
  default: false
  }
}
