extension PieceScanner {
  /// Tekken's pattern.
  ///
  /// `[^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*`
  /// `|\s*[\r\n]+|\s+(?!\S)|\s+`, where U is what may be upper and L what may be lower case.
  func tekken(
    _ text: [UInt8], _ start: Int, _ end: Int, _ casing: PreTokenizer.TekkenCase
  ) -> Int {
    let first = classified(text, start, end)
    var starts = [start]
    if !first.kind.isLetter, !first.kind.isNumber, !first.isNewline {
      starts.insert(start + first.length, at: 0)
    }
    for word in starts {
      if let wordEnd = upperThenLower(text, word, end, casing) { return wordEnd }
    }
    for word in starts {
      let upper = run(text, word, end) { isUpper($0, casing) }
      if upper > word { return run(text, upper, end) { isLower($0, casing) } }
    }
    if first.kind.isNumber { return start + first.length }
    return symbols(text, start, end, andSlashes: true)
      ?? newlines(text, start, end) ?? spaces(text, start, end)
  }

  /// `U*L+`: as many U as leave an L, then all L.
  private func upperThenLower(
    _ text: [UInt8], _ start: Int, _ end: Int, _ casing: PreTokenizer.TekkenCase
  ) -> Int? {
    let upper = run(text, start, end) { isUpper($0, casing) }
    let lower = run(text, upper, end) { isLower($0, casing) }
    if lower > upper { return lower }
    // Nothing follows the U that is L alone: give back U until the last that is both.
    var index = upper
    while index > start {
      let scalar = text.scalar(endingAt: index, from: start)
      let last = Classified(
        value: scalar.value, length: scalar.length, kind: classes[scalar.value])
      if isLower(last, casing) { return index }
      index -= scalar.length
    }
    return nil
  }

  private func isUpper(_ scalar: Classified, _ casing: PreTokenizer.TekkenCase) -> Bool {
    switch casing {
    case .byCategory: [.upper, .letter, .mark].contains(scalar.kind)
    case .ascii: scalar.kind.isLetter && !(0x61...0x7A).contains(scalar.value)
    }
  }

  private func isLower(_ scalar: Classified, _ casing: PreTokenizer.TekkenCase) -> Bool {
    switch casing {
    case .byCategory: [.lower, .letter, .mark].contains(scalar.kind)
    case .ascii: scalar.kind.isLetter && !(0x41...0x5A).contains(scalar.value)
    }
  }
}
