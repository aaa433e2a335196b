/// Names, numbers, strings and symbols inside tags.
extension JinjaLexer {
  /// The token at the current position and where it ends.
  func expressionToken() throws(JinjaError) -> (JinjaToken.Kind, Int) {
    let scalar = source[position]
    if isDigit(scalar) { return try number() }
    if isNamePart(scalar) { return name() }
    if scalar == "'" || scalar == "\"" { return try string(quote: scalar) }
    for symbol in JinjaToken.Symbol.allCases where matches(symbol.rawValue, at: position) {
      return (.symbol(symbol), position + symbol.rawValue.unicodeScalars.count)
    }
    throw .syntax("unexpected character '\(scalar.escaped(asASCII: false))'", line: line)
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isXIDContinue
  }

  private func name() -> (JinjaToken.Kind, Int) {
    var end = position
    var text = String.UnicodeScalarView()
    while end < source.count, isNamePart(source[end]) {
      text.append(source[end])
      end += 1
    }
    return (.name(String(text)), end)
  }

  // MARK: Numbers

  private func number() throws(JinjaError) -> (JinjaToken.Kind, Int) {
    let followsDot = position > 0 && source[position - 1] == "."
    if !followsDot, let end = endOfFloat(), let value = Double(digits(position..<end)) {
      return (.float(value), end)
    }
    if source[position] == "0", position + 1 < source.count {
      let radixes: [Unicode.Scalar: Int] = ["b": 2, "o": 8, "x": 16]
      let letter = source[position + 1].properties.lowercaseMapping.unicodeScalars.first ?? " "
      if let radix = radixes[letter] {
        let end = endOfDigits(from: position + 2, radix: radix)
        if end > position + 2 { return try integer(position + 2..<end, radix: radix, end: end) }
      }
    }
    // A leading zero stands alone: jinja2 reads "007" as two numbers.
    let isZero = source[position] == "0"
    let end = isZero ? endOfZeros() : endOfDigits(from: position, radix: 10)
    return try integer(position..<end, radix: 10, end: end)
  }

  private func integer(_ range: Range<Int>, radix: Int, end: Int) throws(JinjaError)
    -> (JinjaToken.Kind, Int)
  {
    guard let value = Int(digits(range), radix: radix) else {
      throw .syntax("the number \(digits(range)) is too large", line: line)
    }
    return (.integer(value), end)
  }

  private func digits(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source[range].filter { $0 != "_" })
    return String(text)
  }

  private func endOfDigits(from start: Int, radix: Int) -> Int {
    var end = start
    while end < source.count {
      let isSeparator = source[end] == "_" && end + 1 < source.count
      let digit = source[isSeparator ? end + 1 : end]
      guard digit.isASCII, let value = Character(digit).hexDigitValue, value < radix else { break }
      end += isSeparator ? 2 : 1
    }
    return end
  }

  private func endOfZeros() -> Int {
    var end = position
    while end < source.count, source[end] == "0" { end += 1 }
    return end
  }

  /// Where a number with a fraction or an exponent ends, or nil when there is neither.
  private func endOfFloat() -> Int? {
    var end = endOfDigits(from: position, radix: 10)
    var isFloat = false
    if end + 1 < source.count, source[end] == ".", isDigit(source[end + 1]) {
      end = endOfDigits(from: end + 1, radix: 10)
      isFloat = true
    }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      var exponent = end + 1
      if exponent < source.count, source[exponent] == "+" || source[exponent] == "-" {
        exponent += 1
      }
      if exponent < source.count, isDigit(source[exponent]) {
        end = endOfDigits(from: exponent, radix: 10)
        isFloat = true
      }
    }
    return isFloat ? end : nil
  }

  // MARK: Strings

  private func string(quote: Unicode.Scalar) throws(JinjaError) -> (JinjaToken.Kind, Int) {
    var text = String.UnicodeScalarView()
    var index = position + 1
    while index < source.count, source[index] != quote {
      if source[index] != "\\" {
        text.append(source[index])
        index += 1
      } else {
        let (scalars, next) = try escape(at: index)
        text.append(contentsOf: scalars)
        index = next
      }
    }
    guard index < source.count else {
      throw .syntax("a string is never closed with \(quote)", line: line)
    }
    return (.string(String(text)), index + 1)
  }

  /// What a backslash stands for, and where the text goes on; unknown escapes stay as written.
  private func escape(at index: Int) throws(JinjaError) -> ([Unicode.Scalar], Int) {
    guard index + 1 < source.count else {
      throw .syntax("a string is never closed", line: line)
    }
    let letter = source[index + 1]
    switch letter {
    case "\n": return ([], index + 2)
    case "\\", "'", "\"": return ([letter], index + 2)
    case "a": return (["\u{7}"], index + 2)
    case "b": return (["\u{8}"], index + 2)
    case "f": return (["\u{C}"], index + 2)
    case "n": return (["\n"], index + 2)
    case "r": return (["\r"], index + 2)
    case "t": return (["\t"], index + 2)
    case "v": return (["\u{B}"], index + 2)
    case "x": return try hexadecimal(at: index + 2, digitCount: 2)
    case "u": return try hexadecimal(at: index + 2, digitCount: 4)
    case "U": return try hexadecimal(at: index + 2, digitCount: 8)
    case "N":
      throw .syntax("character names (\\N{…}) are not supported; use \\u", line: line)
    case "0"..."7":
      var value: UInt32 = 0
      var next = index + 1
      while next < min(index + 4, source.count), ("0"..."7").contains(source[next]) {
        value = value * 8 + source[next].value - 0x30
        next += 1
      }
      return ([Unicode.Scalar(value) ?? "\u{FFFD}"], next)
    default: return (["\\", letter], index + 2)
    }
  }

  private func hexadecimal(at index: Int, digitCount: Int) throws(JinjaError)
    -> ([Unicode.Scalar], Int)
  {
    let end = index + digitCount
    guard end <= source.count,
      let value = UInt32(digits(index..<end), radix: 16), let scalar = Unicode.Scalar(value)
    else { throw .syntax("an escape does not name a Unicode scalar", line: line) }
    return ([scalar], end)
  }
}
