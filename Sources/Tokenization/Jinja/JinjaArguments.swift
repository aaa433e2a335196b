/// The values a function, method, filter or test is called with, taken one by one.
struct JinjaArguments {
  var positional: [JinjaValue]
  private(set) var keywords: [(name: String, value: JinjaValue)] = []
  private var nextPosition = 0

  init(_ positional: [JinjaValue] = []) {
    self.positional = positional
  }

  mutating func add(_ name: String, _ value: JinjaValue) throws(JinjaError) {
    guard !keywords.contains(where: { $0.name == name }) else {
      throw .evaluation("the argument '\(name)' is given twice")
    }
    keywords.append((name, value))
  }

  /// The next positional argument, or the one of this name; nil when neither is given.
  mutating func take(_ name: String) throws(JinjaError) -> JinjaValue? {
    let keyword = keywords.firstIndex { $0.name == name }
    if nextPosition < positional.count {
      guard keyword == nil else { throw .evaluation("the argument '\(name)' is given twice") }
      nextPosition += 1
      return positional[nextPosition - 1]
    }
    return keyword.map { keywords.remove(at: $0).value }
  }

  mutating func require(_ name: String) throws(JinjaError) -> JinjaValue {
    guard let value = try take(name) else { throw .evaluation("the argument '\(name)' is missing") }
    return value
  }

  /// Positional arguments that have not been taken, which count as taken now.
  mutating func takeRest() -> [JinjaValue] {
    defer { nextPosition = positional.count }
    return Array(positional[nextPosition...])
  }

  mutating func takeKeywords() -> [(name: String, value: JinjaValue)] {
    defer { keywords = [] }
    return keywords
  }

  /// Complains about arguments nobody took.
  func finish() throws(JinjaError) {
    if let keyword = keywords.first {
      throw .evaluation("there is no argument named '\(keyword.name)'")
    }
    guard nextPosition == positional.count else {
      throw .evaluation("\(positional.count) arguments are too many")
    }
  }

  // MARK: Typed arguments

  mutating func text(_ name: String) throws(JinjaError) -> TracedText? {
    guard let value = try take(name) else { return nil }
    if case .null = value { return nil }
    guard case .string(let text) = value else {
      throw .evaluation("the argument '\(name)' is a value of type \(value.typeName), not a str")
    }
    return text
  }

  mutating func requireText(_ name: String) throws(JinjaError) -> TracedText {
    guard let text = try text(name) else {
      throw .evaluation("the argument '\(name)' is missing or None")
    }
    return text
  }

  mutating func integer(_ name: String) throws(JinjaError) -> Int? {
    guard let value = try take(name) else { return nil }
    if case .null = value { return nil }
    guard let integer = value.asInteger else {
      throw .evaluation("the argument '\(name)' is a value of type \(value.typeName), not an int")
    }
    return integer
  }

  mutating func flag(_ name: String) throws(JinjaError) -> Bool {
    try take(name)?.isTrue ?? false
  }
}
