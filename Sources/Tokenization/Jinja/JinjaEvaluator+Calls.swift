/// Calls of functions, methods and macros.
extension JinjaEvaluator {
  func call(
    _ callee: JinjaValue, _ arguments: JinjaArguments, caller: JinjaMacro? = nil
  ) throws(JinjaError) -> JinjaValue {
    guard case .callable(let callable) = callee else {
      if case .undefined(let absence) = callee { throw .evaluation(absence.sentence) }
      throw .evaluation("a value of type \(callee.typeName) cannot be called")
    }
    if caller != nil {
      guard case .macro = callable else {
        throw .evaluation("only a macro can be called with a block")
      }
    }
    switch callable {
    case .macro(let macro): return try call(macro, arguments, caller: caller)
    case .function(let function): return try call(function, arguments)
    case .textMethod(let text, let method): return try method.call(on: text, arguments, budget)
    case .dictionaryMethod(let dictionary, let method):
      return try method.call(on: dictionary, arguments, budget)
    case .listMethod(let list, let method): return try method.call(on: list, arguments, budget)
    case .loopMethod(let loop, let method):
      var arguments = arguments
      let values = arguments.takeRest()
      try arguments.finish()
      switch method {
      case .cycle: return try loop.cycle(values)
      case .changed: return .boolean(loop.hasChanged(values))
      }
    }
  }

  /// The call of a call block, which hands the block over as `caller`.
  func call(
    _ expression: JinjaExpression, with caller: JinjaMacro, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    guard case .call(let callee, let syntax) = expression.node else {
      throw .evaluation("a call block needs a call")
    }
    do throws(JinjaError) {
      let callee = try value(of: callee, in: scope)
      return try call(callee, try values(of: syntax, in: scope), caller: caller)
    } catch {
      throw error.placed(at: expression.line)
    }
  }

  private func call(
    _ macro: JinjaMacro, _ arguments: JinjaArguments, caller: JinjaMacro?
  ) throws(JinjaError) -> JinjaValue {
    try budget.enter()
    defer { budget.leave() }
    let syntax = macro.syntax
    let scope = JinjaScope(inside: macro.scope)
    var arguments = arguments
    for parameter in syntax.parameters {
      let name = template.names[parameter.name]
      if let value = try arguments.take(name) {
        scope.set(parameter.name, to: value)
      } else if let defaultValue = parameter.defaultValue {
        scope.set(parameter.name, to: try value(of: defaultValue, in: scope))
      } else {
        scope.set(parameter.name, to: .undefined(.parameter(name)))
      }
    }
    if let callerName = syntax.callerName {
      let value = caller.map { JinjaValue.callable(.macro($0)) }
      scope.set(callerName, to: value ?? .undefined(.item("the macro was called without a block")))
    } else if caller != nil {
      throw .evaluation("the macro '\(syntax.name)' does not use its block")
    }
    if let extraName = syntax.extraName {
      scope.set(extraName, to: .tuple(try JinjaList(arguments.takeRest())))
    }
    if let keywordsName = syntax.keywordsName {
      var dictionary = JinjaDictionary()
      for (name, value) in arguments.takeKeywords() {
        try dictionary.set(.string(TracedText(name)), to: value)
      }
      scope.set(keywordsName, to: .dictionary(dictionary))
    }
    try arguments.finish()
    return .string(try captured(syntax.body, in: scope))
  }
}
