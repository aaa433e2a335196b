/// Tags and the text between them.
extension JinjaParser {
  /// Statements up to a tag with one of these names, which becomes the current token.
  mutating func statements(
    until ends: [String], openedOn openingLine: Int = 1
  ) throws(JinjaError) -> [JinjaStatement] {
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
  mutating func body(until ends: [String]) throws(JinjaError) -> [JinjaStatement] {
    _ = skip(.colon)
    let line = current.line
    try expect(.tagEnd)
    return try statements(until: ends, openedOn: line)
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
}
