/// Macros and call blocks.
extension JinjaParser {
  mutating func macro() throws(JinjaError) -> JinjaStatement {
    let name = try expectName()
    let variable = variable(name)
    return .macro(
      try macroBody(name: name, variable: variable, parameters: try signature(), end: "endmacro"))
  }

  mutating func callBlock() throws(JinjaError) -> JinjaStatement {
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
}
