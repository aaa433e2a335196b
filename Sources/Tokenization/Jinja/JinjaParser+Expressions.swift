/// Expressions, from the loosest binding to the tightest.
extension JinjaParser {
  /// One expression, or several with commas between them, which make a tuple.
  mutating func tuple(
    allowsConditional: Bool = true, end: String? = nil, isInParentheses: Bool = false
  ) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    var items: [JinjaExpression] = []
    var isTuple = false
    while !endsTuple(end) {
      items.append(allowsConditional ? try expression() : try nestedDisjunction())
      guard skip(.comma) else { break }
      isTuple = true
    }
    if !isTuple, items.count == 1 { return items[0] }
    guard isTuple || isInParentheses else {
      throw .syntax("expected an expression, found \(current.shown)", line: line)
    }
    return try make(.tuple(items), line: line)
  }

  private func endsTuple(_ end: String?) -> Bool {
    switch current.kind {
    case .expressionEnd, .tagEnd, .symbol(.rightParenthesis): true
    case .name(let name): name == end
    default: false
    }
  }

  /// An expression with the inline `if … else` allowed.
  mutating func expression() throws(JinjaError) -> JinjaExpression {
    try nested { (parser) throws(JinjaError) in try parser.conditional() }
  }

  private mutating func nestedDisjunction() throws(JinjaError) -> JinjaExpression {
    try nested { (parser) throws(JinjaError) in try parser.disjunction() }
  }

  private mutating func conditional() throws(JinjaError) -> JinjaExpression {
    var value = try disjunction()
    while skipName("if") {
      let condition = try disjunction()
      let otherwise = skipName("else") ? try expression() : nil
      value = try make(
        .conditional(value, condition: condition, otherwise: otherwise), line: value.line)
    }
    return value
  }

  private mutating func disjunction() throws(JinjaError) -> JinjaExpression {
    var left = try conjunction()
    while skipName("or") {
      left = try make(.or(left, try conjunction()), line: left.line)
    }
    return left
  }

  private mutating func conjunction() throws(JinjaError) -> JinjaExpression {
    var left = try negation()
    while skipName("and") {
      left = try make(.and(left, try negation()), line: left.line)
    }
    return left
  }

  private mutating func negation() throws(JinjaError) -> JinjaExpression {
    let line = current.line
    guard skipName("not") else { return try comparison() }
    let operand = try nested { (parser) throws(JinjaError) in try parser.negation() }
    return try make(.not(operand), line: line)
  }

  private mutating func comparison() throws(JinjaError) -> JinjaExpression {
    let left = try sum()
    var comparisons: [JinjaExpression.Comparison] = []
    while let comparator = skipComparator() {
      comparisons.append(.init(comparator: comparator, right: try sum()))
    }
    if comparisons.isEmpty { return left }
    return try make(.comparison(left, comparisons), line: left.line)
  }

  private mutating func skipComparator() -> JinjaComparator? {
    if skipName("in") { return .isIn }
    if isName("not"), next.kind == .name("in") {
      advance(by: 2)
      return .isNotIn
    }
    guard case .symbol(let symbol) = current.kind,
      let comparator = JinjaComparator(rawValue: symbol.rawValue)
    else { return nil }
    advance()
    return comparator
  }

  private mutating func sum() throws(JinjaError) -> JinjaExpression {
    var left = try concatenation()
    while let operation = skipArithmetic([.add, .subtract]) {
      left = try arithmetic(operation, left, try concatenation())
    }
    return left
  }

  private mutating func concatenation() throws(JinjaError) -> JinjaExpression {
    var parts = [try product()]
    while skip(.tilde) { parts.append(try product()) }
    if parts.count == 1 { return parts[0] }
    return try make(.concatenation(parts), line: parts[0].line)
  }

  private mutating func product() throws(JinjaError) -> JinjaExpression {
    var left = try power()
    while let operation = skipArithmetic([.multiply, .divide, .floorDivide, .remainder]) {
      left = try arithmetic(operation, left, try power())
    }
    return left
  }

  /// Jinja's power binds to the left, unlike Python's.
  private mutating func power() throws(JinjaError) -> JinjaExpression {
    var left = try unary(allowsFilters: true)
    while let operation = skipArithmetic([.power]) {
      left = try arithmetic(operation, left, try unary(allowsFilters: true))
    }
    return left
  }

  private mutating func skipArithmetic(_ allowed: Set<JinjaArithmetic>) -> JinjaArithmetic? {
    guard case .symbol(let symbol) = current.kind,
      let operation = JinjaArithmetic(rawValue: symbol.rawValue), allowed.contains(operation)
    else { return nil }
    advance()
    return operation
  }

  private func arithmetic(
    _ operation: JinjaArithmetic, _ left: JinjaExpression, _ right: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    try make(.arithmetic(operation, left, right), line: left.line)
  }

  private mutating func unary(allowsFilters: Bool) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    var value: JinjaExpression
    if skip(.minus) {
      let operand = try nested { (parser) throws(JinjaError) in
        try parser.unary(allowsFilters: false)
      }
      value = try make(.negate(operand), line: line)
    } else if skip(.plus) {
      let operand = try nested { (parser) throws(JinjaError) in
        try parser.unary(allowsFilters: false)
      }
      value = try make(.plus(operand), line: line)
    } else {
      value = try primary()
    }
    value = try postfixes(of: value)
    return allowsFilters ? try filtersAndTests(of: value) : value
  }

  // MARK: Primaries

  mutating func primary() throws(JinjaError) -> JinjaExpression {
    let line = current.line
    switch current.kind {
    case .name(let name):
      advance()
      return try make(named(name), line: line)
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return try make(.literal(.string(TracedText(text))), line: line)
    case .integer(let value):
      advance()
      return try make(.literal(.integer(value)), line: line)
    case .float(let value):
      advance()
      return try make(.literal(.float(value)), line: line)
    case .symbol(.leftParenthesis):
      advance()
      let inner = try tuple(isInParentheses: true)
      try expect(.symbol(.rightParenthesis))
      return inner
    case .symbol(.leftBracket):
      advance()
      let items = try expressions(upTo: .rightBracket)
      return try make(.list(items), line: line)
    case .symbol(.leftBrace):
      advance()
      return try make(.dictionary(try pairs()), line: line)
    default:
      throw .syntax("unexpected \(current.shown)", line: line)
    }
  }

  private mutating func named(_ name: String) -> JinjaExpression.Node {
    switch name {
    case "true", "True": .literal(.boolean(true))
    case "false", "False": .literal(.boolean(false))
    case "none", "None": .literal(.null)
    default: .variable(variable(name))
    }
  }

  private mutating func expressions(
    upTo end: JinjaToken.Symbol
  ) throws(JinjaError) -> [JinjaExpression] {
    var items: [JinjaExpression] = []
    while !isSymbol(end) {
      if !items.isEmpty { try expect(.symbol(.comma)) }
      if isSymbol(end) { break }
      items.append(try expression())
    }
    try expect(.symbol(end))
    return items
  }

  private mutating func pairs() throws(JinjaError) -> [JinjaExpression.Pair] {
    var pairs: [JinjaExpression.Pair] = []
    while !isSymbol(.rightBrace) {
      if !pairs.isEmpty { try expect(.symbol(.comma)) }
      if isSymbol(.rightBrace) { break }
      let key = try expression()
      try expect(.symbol(.colon))
      pairs.append(.init(key: key, value: try expression()))
    }
    try expect(.symbol(.rightBrace))
    return pairs
  }
}
