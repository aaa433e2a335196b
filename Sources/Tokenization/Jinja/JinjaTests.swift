/// The tests templates may use after `is`.
enum JinjaTest: Sendable {
  case kind(Kind)
  case property(Property)
  case comparison(JinjaComparator)

  /// Tests of what a value is.
  enum Kind: String, Sendable {
    case boolean
    case callable
    case defined
    case `false`
    case float
    case integer
    case iterable
    case mapping
    case none
    case number
    case sequence
    case string
    case `true`
    case undefined
  }

  /// Tests that look into a value.
  enum Property: String, Sendable {
    case divisibleBy = "divisibleby"
    case even
    case filter
    case lower
    case odd
    case sameAs = "sameas"
    case test
    case upper
  }

  /// The test of a name, or nil when there is none.
  init?(_ name: String) {
    if let kind = Kind(rawValue: name) {
      self = .kind(kind)
    } else if let property = Property(rawValue: name) {
      self = .property(property)
    } else if let comparator = Self.comparators[name] {
      self = .comparison(comparator)
    } else {
      return nil
    }
  }

  private static let comparators: [String: JinjaComparator] = [
    "eq": .equal, "==": .equal, "equalto": .equal, "ne": .notEqual, "!=": .notEqual,
    "ge": .greaterOrEqual, ">=": .greaterOrEqual, "gt": .greater, ">": .greater,
    "greaterthan": .greater, "le": .lessOrEqual, "<=": .lessOrEqual, "lt": .less, "<": .less,
    "lessthan": .less, "in": .isIn,
  ]
}

extension JinjaEvaluator {
  /// Whether a value passes a test.
  func test(
    _ value: JinjaValue, _ test: JinjaTest, _ arguments: JinjaArguments
  ) throws(JinjaError) -> Bool {
    var arguments = arguments
    let result: Bool
    switch test {
    case .kind(let kind): result = value.isOfKind(kind)
    case .property(let property): result = try has(property, value, &arguments)
    case .comparison(let comparator):
      result = try value.holds(comparator, try arguments.require("other"), budget)
    }
    try arguments.finish()
    return result
  }

  private func has(
    _ property: JinjaTest.Property, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> Bool {
    func remainder(by divisor: JinjaValue, is expected: Int) throws(JinjaError) -> Bool {
      try value.applying(.remainder, divisor).isEqual(to: .integer(expected))
    }
    switch property {
    case .even: return try remainder(by: .integer(2), is: 0)
    case .odd: return try remainder(by: .integer(2), is: 1)
    case .divisibleBy: return try remainder(by: try arguments.require("num"), is: 0)
    case .lower: return try value.printed().isLower
    case .upper: return try value.printed().isUpper
    case .filter: return JinjaFilter(try value.printed().string) != nil
    case .test: return JinjaTest(try value.printed().string) != nil
    case .sameAs: return value.isSame(as: try arguments.require("other"))
    }
  }
}

extension JinjaValue {
  fileprivate func isOfKind(_ kind: JinjaTest.Kind) -> Bool {
    switch (kind, self) {
    case (.defined, _): !isUndefined
    case (.undefined, _): isUndefined
    case (.number, _): asNumber != nil
    case (.true, .boolean(let flag)): flag
    case (.false, .boolean(let flag)): !flag
    case (.none, .null), (.boolean, .boolean), (.string, .string), (.integer, .integer),
      (.float, .float), (.mapping, .dictionary):
      true
    // An undefined value can be called as far as Python knows, though the call fails.
    case (.callable, .callable), (.callable, .undefined): true
    case (.sequence, .list), (.sequence, .tuple), (.sequence, .string), (.sequence, .dictionary),
      (.sequence, .undefined):
      true
    case (.iterable, .list), (.iterable, .tuple), (.iterable, .string), (.iterable, .dictionary),
      (.iterable, .view), (.iterable, .iterator), (.iterable, .undefined), (.iterable, .loop):
      true
    case (.none, _), (.boolean, _), (.true, _), (.false, _), (.string, _), (.mapping, _),
      (.integer, _), (.float, _), (.callable, _), (.sequence, _), (.iterable, _):
      false
    }
  }

  /// Python's `is`, as far as it means something for values without an address.
  fileprivate func isSame(as other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.boolean(let first), .boolean(let second)): first == second
    case (.integer(let first), .integer(let second)): first == second
    case (.string(let first), .string(let second)): first == second
    case (.namespace(let first), .namespace(let second)): first === second
    default: false
    }
  }
}
