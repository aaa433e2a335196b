/// Runs the statements of a template and collects what they write.
final class JinjaEvaluator {
  /// How a run of statements ended.
  private enum Flow {
    case onward
    case breakLoop
    case continueLoop
  }

  let template: JinjaTemplate
  let budget = JinjaBudget()
  /// What `strftime_now` prints; without it that function is undefined.
  let date: TemplateDate?
  private var output: [TracedScalar] = []
  /// Kept to be emptied at the end: macros and namespaces may hold each other.
  private var macroScopes: [JinjaScope] = []
  private var namespaces: [JinjaNamespace] = []
  private let loopName: JinjaName?

  private init(_ template: JinjaTemplate, date: TemplateDate?) {
    self.template = template
    self.date = date
    loopName = template.names.firstIndex(of: "loop")
  }

  /// Renders a template with variables, within the limits of `JinjaBudget`.
  static func render(
    _ template: JinjaTemplate, variables: [(name: String, value: JinjaValue)],
    date: TemplateDate? = nil
  ) throws(JinjaError) -> TracedText {
    let evaluator = JinjaEvaluator(template, date: date)
    defer { evaluator.release() }
    let globals = JinjaScope()
    for (name, value) in variables {
      if let index = template.names.firstIndex(of: name) { globals.set(index, to: value) }
    }
    _ = try evaluator.run(template.body, in: JinjaScope(inside: globals))
    return TracedText(scalars: evaluator.output)
  }

  private func release() {
    for namespace in namespaces { namespace.attributes = JinjaDictionary() }
    for scope in macroScopes { scope.clear() }
  }

  func makeNamespace() -> JinjaNamespace {
    let namespace = JinjaNamespace()
    namespaces.append(namespace)
    return namespace
  }

  // MARK: Statements

  private func run(
    _ statements: [JinjaStatement], in scope: JinjaScope
  ) throws(JinjaError) -> Flow {
    try budget.enter()
    defer { budget.leave() }
    for statement in statements {
      try budget.spend()
      let flow = try run(statement, in: scope)
      if flow != .onward { return flow }
    }
    return .onward
  }

  private func run(_ statement: JinjaStatement, in scope: JinjaScope) throws(JinjaError) -> Flow {
    switch statement {
    case .data(let text):
      try write(text)
    case .output(let expression):
      let value = try value(of: expression, in: scope)
      do throws(JinjaError) {
        try write(try value.printed())
      } catch {
        throw error.placed(at: expression.line)
      }
    case .branch(let branches, let otherwise):
      for branch in branches where try value(of: branch.condition, in: scope).isTrue {
        return try run(branch.body, in: scope)
      }
      return try run(otherwise, in: scope)
    case .loop(let loop):
      do throws(JinjaError) {
        try run(loop, in: scope)
      } catch {
        throw error.placed(at: loop.line)
      }
    case .assign(let target, let expression):
      let value = try value(of: expression, in: scope)
      do throws(JinjaError) {
        try assign(value, to: target, in: scope)
      } catch {
        throw error.placed(at: expression.line)
      }
    case .assignBlock(let target, let filters, let body):
      let text = try captured(body, in: JinjaScope(inside: scope))
      try assign(try apply(filters, to: .string(text), in: scope), to: target, in: scope)
    case .macro(let syntax):
      macroScopes.append(scope)
      let macro = JinjaMacro(syntax: syntax, scope: scope)
      scope.set(syntax.variable, to: .callable(.macro(macro)))
    case .callBlock(let call, let caller):
      macroScopes.append(scope)
      let caller = JinjaMacro(syntax: caller, scope: scope)
      try write(try self.call(call, with: caller, in: scope).printed())
    case .filterBlock(let filters, let body):
      let text = try captured(body, in: JinjaScope(inside: scope))
      try write(try apply(filters, to: .string(text), in: scope).printed())
    case .scope(let bindings, let body):
      let inner = JinjaScope(inside: scope)
      for binding in bindings {
        try assign(try value(of: binding.value, in: scope), to: binding.target, in: inner)
      }
      return try run(body, in: inner)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .onward
  }

  private func write(_ text: TracedText) throws(JinjaError) {
    try JinjaBudget.check(length: output.count + text.count)
    output += text.scalars
  }

  /// What statements write, kept out of the output.
  func captured(_ body: [JinjaStatement], in scope: JinjaScope) throws(JinjaError) -> TracedText {
    var outer: [TracedScalar] = []
    swap(&outer, &output)
    defer { swap(&outer, &output) }
    _ = try run(body, in: scope)
    try budget.spend(makingText: output.count)
    return TracedText(scalars: output)
  }

  // MARK: Loops

  private func run(_ loop: JinjaLoopSyntax, in scope: JinjaScope) throws(JinjaError) {
    var items = try value(of: loop.sequence, in: scope).elements(budget)
    if let condition = loop.condition {
      var kept: [JinjaValue] = []
      for item in items {
        let inner = JinjaScope(inside: scope)
        try assign(item, to: loop.target, in: inner)
        if try value(of: condition, in: inner).isTrue { kept.append(item) }
      }
      items = kept
    }
    let state = JinjaLoopState(try JinjaList(items))
    defer { state.finish() }
    // jinja2 runs the else part unless an iteration reached the end of the body, so an early break or
    // continue does not keep it from running.
    var isCompleted = false
    for (index, item) in items.enumerated() {
      try budget.spend()
      state.index = index
      let inner = JinjaScope(inside: scope)
      if let loopName { inner.set(loopName, to: .loop(state)) }
      try assign(item, to: loop.target, in: inner)
      let flow = try run(loop.body, in: inner)
      if flow == .onward { isCompleted = true }
      if flow == .breakLoop { break }
    }
    if !isCompleted { _ = try run(loop.otherwise, in: JinjaScope(inside: scope)) }
  }

  // MARK: Assignment

  func assign(
    _ value: JinjaValue, to target: JinjaTarget, in scope: JinjaScope
  ) throws(JinjaError) {
    switch target {
    case .name(let name):
      scope.set(name, to: value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope.value(of: name) else {
        throw .evaluation("'\(template.names[name])' is not a namespace, so it cannot be changed")
      }
      try set(attribute, of: namespace, to: value)
    case .tuple(let targets):
      let items = try value.elements(budget)
      guard items.count == targets.count else {
        throw .evaluation("\(items.count) values cannot be assigned to \(targets.count) names")
      }
      for (target, item) in zip(targets, items) { try assign(item, to: target, in: scope) }
    }
  }

  func set(
    _ attribute: String, of namespace: JinjaNamespace, to value: JinjaValue
  ) throws(JinjaError) {
    guard !attribute.hasPrefix("_") else {
      throw .evaluation("a namespace attribute may not start with an underscore: '\(attribute)'")
    }
    try namespace.attributes.set(.string(TracedText(attribute)), to: value)
  }
}
