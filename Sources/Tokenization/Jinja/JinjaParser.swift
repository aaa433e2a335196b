/// Turns tokens into statements.
struct JinjaParser {
  private let tokens: [JinjaToken]
  private(set) var position = 0
  private var names: [String] = []
  private var indices: [String: JinjaName] = [:]
  /// Variables mentioned so far in each macro that is being parsed, innermost last.
  private var mentioned: [Set<JinjaName>] = []
  private var loopDepth = 0
  /// How many expressions and statements are open around the current one.
  private var depth = 0

  /// A template nested more deeply than this is refused.
  static let deepestNesting = 100
  /// An expression with more levels than this is refused.
  static let tallestExpression = 200

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

  // MARK: Statements

  /// Statements up to a tag with one of these names, which becomes the current token.
  private mutating func statements(until ends: [String]) throws(JinjaError) -> [JinjaStatement] {
    let openingLine = current.line
    var body: [JinjaStatement] = []
    while true {
      switch current.kind {
      case .data(let text):
        body.append(.data(TracedText(text)))
        advance()
      case .expressionStart:
        advance()
        body.append(.output(try tuple()))
        try expect(.expressionEnd)
      case .tagStart:
        advance()
        if case .name(let name) = current.kind, ends.contains(name) { return body }
        body += try nested { (parser) throws(JinjaError) in try parser.statement() }
        try expect(.tagEnd)
      case .end where ends.isEmpty:
        return body
      default:
        let expected = ends.map { "{% \($0) %}" }.joined(separator: " or ")
        throw .syntax("the tag is never closed with \(expected)", line: openingLine)
      }
    }
  }

  /// The body of a tag, from the tag's end to a tag of one of these names.
  private mutating func body(until ends: [String]) throws(JinjaError) -> [JinjaStatement] {
    _ = skip(.colon)
    try expect(.tagEnd)
    return try statements(until: ends)
  }

  private mutating func statement() throws(JinjaError) -> [JinjaStatement] {
    let line = current.line
    let tag = try expectName()
    switch tag {
    case "for": return [try loop(line: line)]
    case "if": return [try branches()]
    case "set": return [try assignment()]
    case "macro": return [try macro()]
    case "call": return [try callBlock()]
    case "filter":
      let filters = try filters(startsInline: true)
      let body = try body(until: ["endfilter"])
      advance()
      return [.filterBlock(filters, body: body)]
    case "with": return [try with()]
    case "generation":
      let body = try body(until: ["endgeneration"])
      advance()
      return [.scope([], body: body)]
    case "print": return try print()
    case "break", "continue":
      guard loopDepth > 0 else { throw .syntax("'\(tag)' stands outside any loop", line: line) }
      return [tag == "break" ? .breakLoop : .continueLoop]
    default:
      throw .syntax("the tag '\(tag)' is not known or not allowed in chat templates", line: line)
    }
  }

  private mutating func loop(line: Int) throws(JinjaError) -> JinjaStatement {
    let target = try target(allowsAttributes: false)
    try expect(.name("in"))
    let sequence = try tuple(allowsConditional: false, end: "recursive")
    let condition = skipName("if") ? try expression() : nil
    if isName("recursive") {
      throw .syntax("recursive loops are not supported", line: line)
    }
    loopDepth += 1
    let body = try body(until: ["endfor", "else"])
    loopDepth -= 1
    var otherwise: [JinjaStatement] = []
    if skipName("else") { otherwise = try self.body(until: ["endfor"]) }
    advance()
    return .loop(
      JinjaLoopSyntax(
        target: target, sequence: sequence, condition: condition, body: body,
        otherwise: otherwise, line: line))
  }

  private mutating func branches() throws(JinjaError) -> JinjaStatement {
    var branches: [JinjaBranch] = []
    repeat {
      let condition = try tuple(allowsConditional: false)
      let body = try body(until: ["elif", "else", "endif"])
      branches.append(JinjaBranch(condition: condition, body: body))
    } while skipName("elif")
    var otherwise: [JinjaStatement] = []
    if skipName("else") { otherwise = try body(until: ["endif"]) }
    advance()
    return .branch(branches, otherwise: otherwise)
  }

  private mutating func assignment() throws(JinjaError) -> JinjaStatement {
    let target = try target(allowsAttributes: true)
    if skip(.assign) { return .assign(target, try tuple()) }
    let filters = try filters(startsInline: false)
    let body = try body(until: ["endset"])
    advance()
    return .assignBlock(target, filters: filters, body: body)
  }

  private mutating func with() throws(JinjaError) -> JinjaStatement {
    var bindings: [JinjaBinding] = []
    while current.kind != .tagEnd {
      if !bindings.isEmpty { try expect(.symbol(.comma)) }
      let target = try singleTarget(allowsAttributes: false)
      try expect(.symbol(.assign))
      bindings.append(JinjaBinding(target: target, value: try expression()))
    }
    let body = try body(until: ["endwith"])
    advance()
    return .scope(bindings, body: body)
  }

  private mutating func print() throws(JinjaError) -> [JinjaStatement] {
    var outputs: [JinjaStatement] = []
    while current.kind != .tagEnd {
      if !outputs.isEmpty { try expect(.symbol(.comma)) }
      outputs.append(.output(try expression()))
    }
    return outputs
  }

  // MARK: Macros

  private mutating func macro() throws(JinjaError) -> JinjaStatement {
    let name = try expectName()
    let variable = variable(name)
    return .macro(
      try macroBody(name: name, variable: variable, parameters: try signature(), end: "endmacro"))
  }

  private mutating func callBlock() throws(JinjaError) -> JinjaStatement {
    let parameters = isSymbol(.leftParenthesis) ? try signature() : []
    let call = try expression()
    guard case .call = call.node else {
      throw .syntax("a call block needs a call", line: call.line)
    }
    let caller = try macroBody(
      name: "caller", variable: variable("caller"), parameters: parameters, end: "endcall")
    return .callBlock(call, caller: caller)
  }

  private mutating func macroBody(
    name: String, variable: JinjaName, parameters: [JinjaMacroSyntax.Parameter], end: String
  ) throws(JinjaError) -> JinjaMacroSyntax {
    mentioned.append([])
    let outerLoops = loopDepth
    loopDepth = 0
    let body = try body(until: [end])
    advance()
    loopDepth = outerLoops
    let used = mentioned.removeLast()
    func special(_ name: String) -> JinjaName? {
      indices[name].flatMap { index in
        used.contains(index) && !parameters.contains { $0.name == index } ? index : nil
      }
    }
    return JinjaMacroSyntax(
      name: name, variable: variable, parameters: parameters, body: body,
      callerName: special("caller"), keywordsName: special("kwargs"),
      extraName: special("varargs"))
  }

  private mutating func signature() throws(JinjaError) -> [JinjaMacroSyntax.Parameter] {
    try expect(.symbol(.leftParenthesis))
    var parameters: [JinjaMacroSyntax.Parameter] = []
    while !isSymbol(.rightParenthesis) {
      if !parameters.isEmpty { try expect(.symbol(.comma)) }
      let line = current.line
      let name = variable(try expectName())
      let defaultValue = skip(.assign) ? try expression() : nil
      if defaultValue == nil, parameters.last?.defaultValue != nil {
        throw .syntax("a parameter without a default follows one with a default", line: line)
      }
      parameters.append(.init(name: name, defaultValue: defaultValue))
    }
    try expect(.symbol(.rightParenthesis))
    return parameters
  }

  // MARK: Targets

  private mutating func target(allowsAttributes: Bool) throws(JinjaError) -> JinjaTarget {
    var targets = [try singleTarget(allowsAttributes: allowsAttributes)]
    guard isSymbol(.comma) else { return targets[0] }
    while skip(.comma) {
      if isName("in") || isSymbol(.assign) || current.kind == .tagEnd { break }
      targets.append(try singleTarget(allowsAttributes: allowsAttributes))
    }
    return .tuple(targets)
  }

  private mutating func singleTarget(allowsAttributes: Bool) throws(JinjaError) -> JinjaTarget {
    if skip(.leftParenthesis) {
      let inner = try nested { (parser) throws(JinjaError) in
        try parser.target(allowsAttributes: allowsAttributes)
      }
      try expect(.symbol(.rightParenthesis))
      return inner
    }
    let line = current.line
    let name = try expectName()
    guard !Self.reservedNames.contains(name) else {
      throw .syntax("cannot assign to '\(name)'", line: line)
    }
    if allowsAttributes, skip(.dot) {
      return .attribute(variable(name), try expectName())
    }
    return .name(variable(name))
  }

  private static let reservedNames: Set<String> = [
    "true", "false", "none", "True", "False", "None",
  ]
}
