/// Values of expressions.
extension JinjaEvaluator {
  /// The value of an expression; an error names the innermost line it happened on.
  func value(
    of expression: JinjaExpression, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    do throws(JinjaError) {
      try budget.enter()
      defer { budget.leave() }
      try budget.spend()
      return try value(of: expression.node, in: scope)
    } catch {
      throw error.placed(at: expression.line)
    }
  }

  private func value(
    of node: JinjaExpression.Node, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    switch node {
    case .literal(let literal): return JinjaValue(literal)
    case .variable(let name): return variable(name, in: scope)
    case .list(let items): return .list(try JinjaList(try values(of: items, in: scope)))
    case .tuple(let items): return .tuple(try JinjaList(try values(of: items, in: scope)))
    case .dictionary(let pairs): return try dictionary(pairs, in: scope)
    case .attribute(let object, let attribute):
      return try value(of: object, in: scope).attribute(attribute)
    case .item(let object, let index):
      let object = try value(of: object, in: scope)
      return try object.item(try value(of: index, in: scope), budget)
    case .slice(let object, let bounds): return try slice(object, bounds, in: scope)
    case .call(let callee, let arguments):
      let callee = try value(of: callee, in: scope)
      return try paid(call(callee, try values(of: arguments, in: scope)))
    case .filter(let object, let call):
      let object = try value(of: object, in: scope)
      return try apply([call], to: object, in: scope)
    case .test(let object, let test, let name, let arguments):
      let object = try value(of: object, in: scope)
      guard let test else { throw .evaluation("there is no test named '\(name)'") }
      return .boolean(try self.test(object, test, try values(of: arguments, in: scope)))
    case .negate(let operand): return try value(of: operand, in: scope).negated()
    case .plus(let operand):
      let operand = try value(of: operand, in: scope)
      guard operand.asNumber != nil else { throw operand.unsuitable(for: "+") }
      return operand.asInteger.map { .integer($0) } ?? operand
    case .not(let operand): return .boolean(!(try value(of: operand, in: scope).isTrue))
    case .and(let left, let right):
      let left = try value(of: left, in: scope)
      return left.isTrue ? try value(of: right, in: scope) : left
    case .or(let left, let right):
      let left = try value(of: left, in: scope)
      return left.isTrue ? left : try value(of: right, in: scope)
    case .arithmetic(let operation, let left, let right):
      let left = try value(of: left, in: scope)
      return try paid(left.applying(operation, try value(of: right, in: scope)))
    case .concatenation(let parts):
      var text = TracedText()
      for part in parts {
        text.append(try value(of: part, in: scope).printed())
        try JinjaBudget.check(length: text.count)
      }
      return try paid(.string(text))
    case .comparison(let left, let comparisons):
      return try compare(left, comparisons, in: scope)
    case .conditional(let result, let condition, let otherwise):
      if try value(of: condition, in: scope).isTrue { return try value(of: result, in: scope) }
      guard let otherwise else {
        return .undefined(.item("the inline if has no else and its condition is false"))
      }
      return try value(of: otherwise, in: scope)
    }
  }

  private func variable(_ name: JinjaName, in scope: JinjaScope) -> JinjaValue {
    if let value = scope.value(of: name) { return value }
    let text = template.names[name]
    guard let function = JinjaFunction(rawValue: text), function != .dateNow || date != nil else {
      return .undefined(.variable(text))
    }
    return .callable(.function(function))
  }

  private func values(
    of expressions: [JinjaExpression], in scope: JinjaScope
  ) throws(JinjaError) -> [JinjaValue] {
    var values: [JinjaValue] = []
    for expression in expressions { values.append(try value(of: expression, in: scope)) }
    return values
  }

  func values(
    of syntax: JinjaArgumentSyntax, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaArguments {
    var arguments = JinjaArguments(try values(of: syntax.positional, in: scope))
    for keyword in syntax.keywords {
      try arguments.add(keyword.name, try value(of: keyword.value, in: scope))
    }
    if let spread = syntax.spread {
      arguments.positional += try value(of: spread, in: scope).elements(budget)
    }
    if let spread = syntax.keywordSpread {
      guard case .dictionary(let dictionary) = try value(of: spread, in: scope) else {
        throw .evaluation("only a dict can be spread over keyword arguments")
      }
      for entry in dictionary.entries {
        try arguments.add(try entry.key.printed().string, entry.value)
      }
    }
    return arguments
  }

  private func dictionary(
    _ pairs: [JinjaExpression.Pair], in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    var dictionary = JinjaDictionary()
    for pair in pairs {
      try budget.spend(dictionary.entries.count / 16)
      let key = try value(of: pair.key, in: scope)
      try dictionary.set(key, to: try value(of: pair.value, in: scope))
    }
    return .dictionary(dictionary)
  }

  private func slice(
    _ object: JinjaExpression, _ bounds: JinjaExpression.Bounds, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    let object = try value(of: object, in: scope)
    var values: [JinjaValue] = []
    for bound in [bounds.lower, bounds.upper, bounds.step] {
      values.append(
        try bound.map { (bound) throws(JinjaError) in
          try value(of: bound, in: scope)
        } ?? .null)
    }
    return try paid(object.slice(from: values[0], to: values[1], by: values[2]))
  }

  private func compare(
    _ left: JinjaExpression, _ comparisons: [JinjaExpression.Comparison], in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    var left = try value(of: left, in: scope)
    for comparison in comparisons {
      let right = try value(of: comparison.right, in: scope)
      guard try left.holds(comparison.comparator, right, budget) else { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  /// A newly made value, once the work of making it is paid for.
  func paid(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    if case .string(let text) = value { try budget.spend(makingText: text.count) }
    if case .list(let list) = value { try budget.spend(list.items.count / 16) }
    return value
  }
}
