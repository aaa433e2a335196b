/// What may follow a value: attributes, subscripts, calls, filters and tests.
extension JinjaParser {
  mutating func postfixes(of value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      switch current.kind {
      case .symbol(.dot): value = try attribute(of: value)
      case .symbol(.leftBracket): value = try subscripted(value)
      case .symbol(.leftParenthesis): value = try call(value)
      default: return value
      }
    }
  }

  mutating func filtersAndTests(of value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      switch current.kind {
      case .symbol(.pipe):
        advance()
        let filter = try filter()
        value = try make(.filter(value, filter), line: filter.line)
      case .name("is"): value = try test(of: value)
      case .symbol(.leftParenthesis): value = try call(value)
      default: return value
      }
    }
  }

  private mutating func attribute(of value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    advance()
    if case .integer(let index) = current.kind {
      advance()
      let position = try make(.literal(.integer(index)), line: line)
      return try make(.item(value, position), line: line)
    }
    let name = JinjaAttribute(try expectName())
    return try make(.attribute(value, name), line: line)
  }

  private mutating func call(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    return try make(.call(value, try arguments()), line: line)
  }

  // MARK: Subscripts

  private mutating func subscripted(
    _ value: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    advance()
    guard let lower = isSymbol(.colon) ? .some(nil) : try itemOrLowerBound() else {
      throw .syntax("a subscript is empty", line: line)
    }
    if !isSymbol(.colon), let index = lower {
      return try closeSubscript(of: value, index: index, line: line)
    }
    advance()
    var bounds = JinjaExpression.Bounds(lower: lower, upper: nil, step: nil)
    if !isSymbol(.colon), !isSymbol(.rightBracket) { bounds.upper = try expression() }
    if skip(.colon), !isSymbol(.rightBracket) { bounds.step = try expression() }
    try expect(.symbol(.rightBracket))
    return try make(.slice(value, bounds), line: line)
  }

  private mutating func itemOrLowerBound() throws(JinjaError) -> JinjaExpression?? {
    isSymbol(.rightBracket) ? nil : .some(try expression())
  }

  /// `value[index]`, or `value[a, b]`, which looks up a tuple.
  private mutating func closeSubscript(
    of value: JinjaExpression, index: JinjaExpression, line: Int
  ) throws(JinjaError) -> JinjaExpression {
    var indices = [index]
    while skip(.comma) { indices.append(try expression()) }
    try expect(.symbol(.rightBracket))
    let key = indices.count == 1 ? index : try make(.tuple(indices), line: line)
    return try make(.item(value, key), line: line)
  }

  // MARK: Arguments

  mutating func arguments() throws(JinjaError) -> JinjaArgumentSyntax {
    let line = current.line
    try expect(.symbol(.leftParenthesis))
    var arguments = JinjaArgumentSyntax()
    var isFirst = true
    while !isSymbol(.rightParenthesis) {
      if !isFirst { try expect(.symbol(.comma)) }
      isFirst = false
      if isSymbol(.rightParenthesis) { break }
      if skip(.times) {
        guard arguments.spread == nil, arguments.keywordSpread == nil else {
          throw .syntax("arguments are spread twice", line: line)
        }
        arguments.spread = try expression()
      } else if skip(.power) {
        guard arguments.keywordSpread == nil else {
          throw .syntax("keyword arguments are spread twice", line: line)
        }
        arguments.keywordSpread = try expression()
      } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
        advance(by: 2)
        arguments.keywords.append(.init(name: name, value: try expression()))
      } else {
        guard arguments.keywords.isEmpty, arguments.spread == nil, arguments.keywordSpread == nil
        else { throw .syntax("a plain argument follows a named one", line: line) }
        arguments.positional.append(try expression())
      }
    }
    try expect(.symbol(.rightParenthesis))
    return arguments
  }

  // MARK: Filters and tests

  /// Filters in a row; the first one stands without a pipe when it starts a filter block.
  mutating func filters(startsInline: Bool) throws(JinjaError) -> [JinjaFilterCall] {
    var filters = startsInline ? [try filter()] : []
    while skip(.pipe) { filters.append(try filter()) }
    return filters
  }

  private mutating func filter() throws(JinjaError) -> JinjaFilterCall {
    let line = current.line
    let name = try expectName()
    let arguments = isSymbol(.leftParenthesis) ? try self.arguments() : JinjaArgumentSyntax()
    return JinjaFilterCall(
      name: name, filter: JinjaFilter(name), arguments: arguments, line: line)
  }

  private mutating func test(of value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    advance()
    let isNegated = skipName("not")
    let name = try expectName()
    var arguments = JinjaArgumentSyntax()
    if isSymbol(.leftParenthesis) {
      arguments = try self.arguments()
    } else if startsTestArgument {
      if isName("is") { throw .syntax("tests cannot be chained with 'is'", line: line) }
      arguments.positional = [try postfixes(of: try primary())]
    }
    let test = try make(.test(value, JinjaTest(name), name: name, arguments), line: line)
    return isNegated ? try make(.not(test), line: line) : test
  }

  /// Whether a test's single argument follows without parentheses, as in `x is divisibleby 3`.
  private var startsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace): true
    default: false
    }
  }
}
