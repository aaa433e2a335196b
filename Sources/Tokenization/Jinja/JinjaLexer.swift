/// Cuts template text into data, tags and the tokens inside tags.
///
/// White space follows the settings HuggingFace uses: the line break after a tag is dropped
/// (`trim_blocks`), blanks between the start of a line and a tag are dropped (`lstrip_blocks`), `-`
/// strips all white space on its side and `+` switches these rules off.
struct JinjaLexer {
  private(set) var source: [Unicode.Scalar]
  private(set) var position = 0
  private(set) var line = 1
  private var tokens: [JinjaToken] = []
  /// Closing brackets that are due, innermost last.
  private var openBrackets: [JinjaToken.Symbol] = []
  /// Whether the last thing read ended with a line break.
  private var startsLine = true

  /// All tokens of a template, ended by `.end`.
  static func tokens(of source: String) throws(JinjaError) -> [JinjaToken] {
    var lexer = JinjaLexer(source)
    try lexer.readTemplate()
    return lexer.tokens
  }

  /// Line breaks become `\n`, and one at the very end is dropped, as jinja2 does.
  private init(_ text: String) {
    source = []
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if scalar == "\r" {
        source.append("\n")
      } else if scalar != "\n" || previous != "\r" {
        source.append(scalar)
      }
      previous = scalar
    }
    if source.last == "\n" { source.removeLast() }
  }

  private mutating func readTemplate() throws(JinjaError) {
    while position < source.count {
      var tag = position
      while tag < source.count, !startsTag(at: tag) { tag += 1 }
      guard tag < source.count else {
        emit(data: position..<tag)
        advance(to: tag)
        break
      }
      let opener = source[tag + 1]
      appendData(before: tag, isExpression: opener == "{")
      if opener == "%", let afterRaw = endOfRawTag(at: tag) {
        try readRaw(from: afterRaw)
        continue
      }
      advance(to: tag + 2)
      if position < source.count, source[position] == "-" || source[position] == "+" {
        position += 1
      }
      switch opener {
      case "#": try skipComment()
      case "{": try readTag(isExpression: true)
      default: try readTag(isExpression: false)
      }
    }
    tokens.append(JinjaToken(kind: .end, line: line))
  }

  private func startsTag(at index: Int) -> Bool {
    guard source[index] == "{", index + 1 < source.count else { return false }
    return source[index + 1] == "{" || source[index + 1] == "%" || source[index + 1] == "#"
  }

  // MARK: Data

  /// Emits the text up to a tag, stripped as the tag's sign and kind ask for, and moves to the tag.
  private mutating func appendData(before tag: Int, isExpression: Bool) {
    let sign = tag + 2 < source.count ? source[tag + 2] : " "
    var end = tag
    if sign == "-" {
      while end > position, isPythonWhitespace(source[end - 1].value) { end -= 1 }
    } else if sign != "+", !isExpression {
      var lineStart = end
      while lineStart > position, source[lineStart - 1] != "\n" { lineStart -= 1 }
      let isLineStart = lineStart > position || startsLine
      let isBlank = source[lineStart..<end].allSatisfy { isPythonWhitespace($0.value) }
      if isLineStart, isBlank { end = lineStart }
    }
    emit(data: position..<end)
    advance(to: tag)
  }

  private mutating func emit(data range: Range<Int>) {
    guard !range.isEmpty else { return }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source[range])
    tokens.append(JinjaToken(kind: .data(String(text)), line: line))
  }

  /// Moves on, counting lines.
  private mutating func advance(to index: Int) {
    for scalar in source[position..<index] where scalar == "\n" { line += 1 }
    if index > position { startsLine = source[index - 1] == "\n" }
    position = index
  }

  // MARK: Comments and raw text

  private mutating func skipComment() throws(JinjaError) {
    let start = line
    var index = position
    while index < source.count {
      if let end = endOfTag(at: index, closer: "#") {
        advance(to: end)
        return
      }
      index += 1
    }
    throw .syntax("a comment is never closed with '#}'", line: start)
  }

  /// Where text starts after `{% raw %}`, or nil when another tag stands here.
  private func endOfRawTag(at index: Int) -> Int? {
    guard let keyword = keywordTag("raw", at: index) else { return nil }
    if matches("-%}", at: keyword) { return afterWhitespace(keyword + 3) }
    return matches("%}", at: keyword) ? keyword + 2 : nil
  }

  private mutating func readRaw(from start: Int) throws(JinjaError) {
    let openingLine = line
    advance(to: start)
    var index = start
    while index < source.count {
      if let keyword = keywordTag("endraw", at: index),
        let end = endOfTag(at: keyword, closer: "%")
      {
        appendData(before: index, isExpression: false)
        advance(to: end)
        return
      }
      index += 1
    }
    throw .syntax("{% raw %} is never closed with {% endraw %}", line: openingLine)
  }

  /// Where a tag that holds one keyword goes on after the keyword and white space.
  private func keywordTag(_ keyword: String, at index: Int) -> Int? {
    guard matches("{%", at: index) else { return nil }
    var next = index + 2
    if next < source.count, source[next] == "-" || source[next] == "+" { next += 1 }
    next = afterWhitespace(next)
    guard matches(keyword, at: next) else { return nil }
    return afterWhitespace(next + keyword.unicodeScalars.count)
  }

  // MARK: Tags

  private mutating func readTag(isExpression: Bool) throws(JinjaError) {
    let closer: Unicode.Scalar = isExpression ? "}" : "%"
    tokens.append(JinjaToken(kind: isExpression ? .expressionStart : .tagStart, line: line))
    openBrackets = []
    while position < source.count {
      if openBrackets.isEmpty, let end = endOfTag(at: position, closer: closer) {
        tokens.append(JinjaToken(kind: isExpression ? .expressionEnd : .tagEnd, line: line))
        advance(to: end)
        return
      }
      if isPythonWhitespace(source[position].value) {
        advance(to: position + 1)
      } else {
        let (kind, end) = try expressionToken()
        if case .symbol(let symbol) = kind { try balance(symbol) }
        tokens.append(JinjaToken(kind: kind, line: line))
        advance(to: end)
      }
    }
    throw .syntax("a tag is never closed with '\(closer)}'", line: line)
  }

  private mutating func balance(_ symbol: JinjaToken.Symbol) throws(JinjaError) {
    switch symbol {
    case .leftBracket: openBrackets.append(.rightBracket)
    case .leftParenthesis: openBrackets.append(.rightParenthesis)
    case .leftBrace: openBrackets.append(.rightBrace)
    case .rightBracket, .rightParenthesis, .rightBrace:
      guard openBrackets.popLast() == symbol else {
        throw .syntax("'\(symbol.rawValue)' closes nothing that is open", line: line)
      }
    default: break
    }
  }

  /// Where text goes on when a tag ends here, or nil when it does not.
  ///
  /// It goes on after `-%}` and white space, after `+%}`, or after `%}` and one line break; expressions
  /// end with `-}}` or plain `}}` only.
  private func endOfTag(at index: Int, closer: Unicode.Scalar) -> Int? {
    func closes(at index: Int) -> Bool {
      index + 1 < source.count && source[index] == closer && source[index + 1] == "}"
    }
    if closes(at: index) {
      let end = index + 2
      return closer != "}" && end < source.count && source[end] == "\n" ? end + 1 : end
    }
    guard closes(at: index + 1) else { return nil }
    if source[index] == "-" { return afterWhitespace(index + 3) }
    return source[index] == "+" && closer != "}" ? index + 3 : nil
  }

  private func afterWhitespace(_ index: Int) -> Int {
    var next = index
    while next < source.count, isPythonWhitespace(source[next].value) { next += 1 }
    return next
  }

  func matches(_ text: String, at index: Int) -> Bool {
    let scalars = text.unicodeScalars
    guard index + scalars.count <= source.count else { return false }
    return source[index..<(index + scalars.count)].elementsEqual(scalars)
  }
}
