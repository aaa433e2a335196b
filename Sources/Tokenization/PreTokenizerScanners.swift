/// Finds where the piece that starts at a place ends, by one rule.
struct PieceScanner: Sendable {
  let rule: PreTokenizer.Rule
  let classes: UnicodeClasses

  /// The end of the piece that starts at `start`; nothing from `end` on is looked at.
  func pieceEnd(in text: [UInt8], from start: Int, before end: Int) -> Int {
    switch rule {
    case .gpt2: gpt2(text, start, end)
    case .cl100k(let digits, let foldsLongS): cl100k(text, start, end, digits, foldsLongS)
    case .tekken(let casing): tekken(text, start, end, casing)
    case .numbers(let individually): numbers(text, start, end, individually)
    case .digitTriples: digitTriples(text, start, end)
    case .punctuation: punctuation(text, start, end)
    case .beforeEach(let mark): before(mark, text, start, end, runs: false)
    case .beforeRuns(let mark): before(mark, text, start, end, runs: true)
    }
  }

  /// A scalar of the text with its class.
  struct Classified {
    var value: UInt32
    var length: Int
    var kind: UnicodeClass

    /// The class that patterns write `[^\s\p{L}\p{N}]`.
    var isOther: Bool { !kind.isLetter && !kind.isNumber && kind != .space }
    var isNewline: Bool { value == 0x0A || value == 0x0D }
  }

  func classified(_ text: [UInt8], _ index: Int, _ end: Int) -> Classified {
    let scalar = text.scalar(at: index, before: end)
    return Classified(value: scalar.value, length: scalar.length, kind: classes[scalar.value])
  }

  /// The first place from `start` on whose scalar fails the test.
  func run(
    _ text: [UInt8], _ start: Int, _ end: Int, while holds: (Classified) -> Bool
  ) -> Int {
    var index = start
    while index < end {
      let scalar = classified(text, index, end)
      if !holds(scalar) { break }
      index += scalar.length
    }
    return index
  }

  // MARK: - Patterns

  /// GPT-2's pattern.
  ///
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  private func gpt2(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    if let contraction = contraction(text, start, end, ignoresCase: false, foldsLongS: false) {
      return contraction
    }
    let (index, lead) = afterSpace(text, start, end)
    if lead.kind.isLetter { return run(text, index, end) { $0.kind.isLetter } }
    if lead.kind.isNumber { return run(text, index, end) { $0.kind.isNumber } }
    if lead.isOther { return run(text, index, end) { $0.isOther } }
    return spaces(text, start, end)
  }

  /// Llama 3's pattern, with 3 digits.
  ///
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*`
  /// `|\s*[\r\n]+|\s+(?!\S)|\s+`
  private func cl100k(
    _ text: [UInt8], _ start: Int, _ end: Int, _ digits: Int, _ foldsLongS: Bool
  ) -> Int {
    if let contraction = contraction(text, start, end, ignoresCase: true, foldsLongS: foldsLongS) {
      return contraction
    }
    let first = classified(text, start, end)
    if first.kind.isLetter { return run(text, start, end) { $0.kind.isLetter } }
    if !first.kind.isNumber, !first.isNewline {
      let letters = run(text, start + first.length, end) { $0.kind.isLetter }
      if letters > start + first.length { return letters }
    }
    if first.kind.isNumber { return number(text, start, end, upTo: digits) }
    if let symbols = symbols(text, start, end, andSlashes: false) { return symbols }
    return newlines(text, start, end) ?? spaces(text, start, end)
  }

  // MARK: - Parts of patterns

  /// `'s|'t|'re|'ve|'m|'ll|'d`.
  ///
  /// With `foldsLongS`, `'ſ` counts as `'s`: Oniguruma says so, llama.cpp does not.
  private func contraction(
    _ text: [UInt8], _ start: Int, _ end: Int, ignoresCase: Bool, foldsLongS: Bool
  ) -> Int? {
    guard text[start] == UInt8(ascii: "'"), end - start >= 2 else { return nil }
    let caseBit: UInt8 = ignoresCase ? 0x20 : 0
    switch text[start + 1] | caseBit {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    default: break
    }
    guard end - start >= 3 else { return nil }
    switch (text[start + 1] | caseBit, text[start + 2] | caseBit) {
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return start + 3
    default: break
    }
    let isLongS = foldsLongS && text[start + 1] == 0xC5 && text[start + 2] == 0xBF
    return isLongS ? start + 3 : nil
  }

  /// ` ?`: the scalar at `start`, or the one after when that is a space with something behind it.
  private func afterSpace(_ text: [UInt8], _ start: Int, _ end: Int) -> (Int, Classified) {
    let first = classified(text, start, end)
    if first.value == 0x20, start + 1 < end {
      let second = classified(text, start + 1, end)
      if second.kind != .space { return (start + 1, second) }
    }
    return (start, first)
  }

  /// `\p{N}{1,limit}`.
  func number(_ text: [UInt8], _ start: Int, _ end: Int, upTo limit: Int) -> Int {
    var count = 0
    return run(text, start, end) { scalar in
      count += 1
      return count <= limit && scalar.kind.isNumber
    }
  }

  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, or with `/` beside the newlines.
  func symbols(_ text: [UInt8], _ start: Int, _ end: Int, andSlashes: Bool) -> Int? {
    let (index, lead) = afterSpace(text, start, end)
    guard lead.isOther else { return nil }
    let symbols = run(text, index, end) { $0.isOther }
    return run(text, symbols, end) { $0.isNewline || andSlashes && $0.value == 0x2F }
  }

  /// `\s*[\r\n]+`: white space up to its last newline.
  func newlines(_ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
    var last: Int?
    var index = start
    while index < end {
      let scalar = classified(text, index, end)
      if scalar.kind != .space { break }
      index += scalar.length
      if scalar.isNewline { last = index }
    }
    return last
  }

  /// `\s+(?!\S)|\s+`: white space without the last scalar when something follows it.
  func spaces(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    var index = start
    var last = start
    while index < end {
      let scalar = classified(text, index, end)
      if scalar.kind != .space { break }
      last = index
      index += scalar.length
    }
    return index < end && last > start ? last : index
  }

  // MARK: - Simple rules

  private func numbers(_ text: [UInt8], _ start: Int, _ end: Int, _ individually: Bool) -> Int {
    let first = classified(text, start, end)
    if !first.kind.isNumber { return run(text, start, end) { !$0.kind.isNumber } }
    return individually ? start + first.length : run(text, start, end) { $0.kind.isNumber }
  }

  private func digitTriples(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    func isTriple(_ index: Int) -> Bool {
      end - index >= 3 && text[index..<index + 3].allSatisfy { (0x30...0x39).contains($0) }
    }
    if isTriple(start) { return start + 3 }
    var index = start + 1
    while index < end, !isTriple(index) { index += 1 }
    return index
  }

  private func punctuation(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    func matches(_ scalar: Classified) -> Bool {
      if scalar.kind.isPunctuation { return true }
      switch scalar.value {
      case 0x24, 0x2B, 0x3C...0x3E, 0x5E, 0x7C, 0x7E: return true
      default: return false
      }
    }
    let isMatch = matches(classified(text, start, end))
    return run(text, start, end) { matches($0) == isMatch }
  }

  private func before(
    _ mark: [UInt8], _ text: [UInt8], _ start: Int, _ end: Int, runs: Bool
  ) -> Int {
    func isMark(_ index: Int) -> Bool {
      end - index >= mark.count && text[index..<index + mark.count].elementsEqual(mark)
    }
    var index = start
    if isMark(index) {
      index += mark.count
      if runs { while isMark(index) { index += mark.count } }
    }
    while index < end, !isMark(index) { index += 1 }
    return index
  }
}
