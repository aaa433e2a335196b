/// Turns tokens into statements.
struct JinjaParser {
  let tokens: [JinjaToken]
  var position = 0
  private(set) var names: [String] = []
  private(set) var indices: [String: JinjaName] = [:]
  /// Variables mentioned so far in each macro that is being parsed, innermost last.
  var mentioned: [Set<JinjaName>] = []
  var loopDepth = 0
  /// How many expressions and statements are open around the current one.
  private var depth = 0

  /// A template nested more deeply than this is refused.
  static let deepestNesting = 60
  /// An expression with more levels than this is refused.
  static let tallestExpression = 100

  /// Parses template text.
  static func parse(_ source: String) throws(JinjaError) -> JinjaTemplate {
    var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: source))
    let body = try parser.statements(until: [])
    return JinjaTemplate(body: body, names: parser.names)
  }

  private init(tokens: [JinjaToken]) {
    self.tokens = tokens
  }

  // MARK: Tokens

  var current: JinjaToken { tokens[position] }

  var next: JinjaToken { tokens[min(position + 1, tokens.count - 1)] }

  mutating func advance(by count: Int = 1) {
    position = min(position + count, tokens.count - 1)
  }

  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  func isSymbol(_ symbol: JinjaToken.Symbol) -> Bool { current.kind == .symbol(symbol) }

  mutating func skip(_ symbol: JinjaToken.Symbol) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: JinjaToken.Kind) throws(JinjaError) {
    guard current.kind == kind else {
      let expected = JinjaToken(kind: kind, line: current.line).shown
      throw .syntax("expected \(expected), found \(current.shown)", line: current.line)
    }
    advance()
  }

  mutating func expectName() throws(JinjaError) -> String {
    guard case .name(let name) = current.kind else {
      throw .syntax("expected a name, found \(current.shown)", line: current.line)
    }
    advance()
    return name
  }

  /// Runs a parser one level deeper, within the limit.
  mutating func nested<Result>(
    _ parse: (inout JinjaParser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    guard depth < Self.deepestNesting else {
      throw JinjaError(
        reason: .limit("nested more than \(Self.deepestNesting) levels deep"), line: current.line)
    }
    depth += 1
    defer { depth -= 1 }
    return try parse(&self)
  }

  /// An expression, unless it is nested too deeply.
  func make(_ node: JinjaExpression.Node, line: Int) throws(JinjaError) -> JinjaExpression {
    let expression = JinjaExpression(node, line: line)
    guard expression.height <= Self.tallestExpression else {
      throw JinjaError(
        reason: .limit("an expression has more than \(Self.tallestExpression) levels"), line: line)
    }
    return expression
  }

  mutating func variable(_ name: String) -> JinjaName {
    let index: JinjaName
    if let known = indices[name] {
      index = known
    } else {
      index = names.count
      names.append(name)
      indices[name] = index
    }
    for macro in mentioned.indices { mentioned[macro].insert(index) }
    return index
  }
}
