/// Filters that apply another filter, an attribute or a test to every element.
extension JinjaEvaluator {
  func map(
    _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    let items = value.isTrue ? try value.elements(budget) : []
    var results: [JinjaValue] = []
    if arguments.positional.isEmpty {
      guard let path = try arguments.take("attribute") else {
        throw .evaluation("map needs the name of a filter or an attribute")
      }
      let otherwise = try arguments.take("default")
      for item in items {
        try budget.spend()
        results.append(try attribute(path, of: item, otherwise: otherwise))
      }
    } else {
      let name = try arguments.requireText("filter").string
      guard let filter = JinjaFilter(name) else {
        throw .evaluation("there is no filter named '\(name)'")
      }
      let inner = try remaining(&arguments)
      for item in items {
        try budget.spend()
        results.append(try apply(filter, to: item, inner))
      }
    }
    return try iterator(over: results)
  }

  func select(
    _ filter: JinjaFilter.Mapping, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    let looksAtAttribute = filter == .selectattr || filter == .rejectattr
    let keepsMatches = filter == .select || filter == .selectattr
    let path = looksAtAttribute ? try arguments.require("attribute") : nil
    var test: JinjaTest?
    if let name = try arguments.text("test")?.string {
      test = JinjaTest(name)
      if test == nil { throw .evaluation("there is no test named '\(name)'") }
    }
    let inner = try remaining(&arguments)
    var kept: [JinjaValue] = []
    for item in value.isTrue ? try value.elements(budget) : [] {
      try budget.spend()
      let subject = try attribute(path, of: item)
      let matches = try test.map { (test) throws(JinjaError) in
        try self.test(subject, test, inner)
      }
      if (matches ?? subject.isTrue) == keepsMatches { kept.append(item) }
    }
    return try iterator(over: kept)
  }

  /// The arguments that are passed on to the inner filter or test.
  private func remaining(
    _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaArguments {
    var inner = JinjaArguments(arguments.takeRest())
    for (name, value) in arguments.takeKeywords() { try inner.add(name, value) }
    return inner
  }
}
