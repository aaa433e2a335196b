/// Variables of one level: the template, a loop iteration, a macro call.
final class JinjaScope {
  private var variables: [(name: JinjaName, value: JinjaValue)] = []
  private let parent: JinjaScope?

  init(inside parent: JinjaScope? = nil) {
    self.parent = parent
  }

  /// The value of the innermost variable of this name.
  func value(of name: JinjaName) -> JinjaValue? {
    for variable in variables where variable.name == name { return variable.value }
    return parent?.value(of: name)
  }

  /// Sets a variable of this level; levels outside keep theirs.
  func set(_ name: JinjaName, to value: JinjaValue) {
    if let index = variables.firstIndex(where: { $0.name == name }) {
      variables[index].value = value
    } else {
      variables.append((name, value))
    }
  }

  /// Forgets everything, which also ends cycles between a scope and the macros defined in it.
  func clear() { variables = [] }
}

/// A macro together with the variables around its definition.
struct JinjaMacro {
  let syntax: JinjaMacroSyntax
  let scope: JinjaScope
}

/// What the variable `loop` tells about a running loop.
final class JinjaLoopState {
  let items: JinjaList
  var index = 0
  private var lastChecked: [JinjaValue]?

  init(_ items: JinjaList) {
    self.items = items
  }

  func attribute(_ name: String) -> JinjaValue? {
    let count = items.items.count
    switch name {
    case "index": return .integer(index + 1)
    case "index0": return .integer(index)
    case "revindex": return .integer(count - index)
    case "revindex0": return .integer(count - index - 1)
    case "first": return .boolean(index == 0)
    case "last": return .boolean(index == count - 1)
    case "length": return .integer(count)
    case "depth": return .integer(1)
    case "depth0": return .integer(0)
    case "previtem":
      return index == 0 ? .undefined(.item("there is no previous item")) : items.items[index - 1]
    case "nextitem":
      return index + 1 == count
        ? .undefined(.item("there is no next item")) : items.items[index + 1]
    default: return JinjaLoopMethod(rawValue: name).map { .callable(.loopMethod(self, $0)) }
    }
  }

  /// One of the values in turn.
  func cycle(_ values: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    guard !values.isEmpty else { throw .evaluation("loop.cycle needs at least one value") }
    return values[index % values.count]
  }

  /// Whether the values differ from those of the last call.
  func hasChanged(_ values: [JinjaValue]) -> Bool {
    let isSame = lastChecked.map { last in
      last.count == values.count && zip(last, values).allSatisfy { $0.isEqual(to: $1) }
    }
    lastChecked = values
    return isSame != true
  }

  /// Forgets the values of the last check, which may be the loop itself.
  func finish() { lastChecked = nil }
}

/// What can be called on `loop`.
enum JinjaLoopMethod: String, Sendable {
  case cycle
  case changed
}
