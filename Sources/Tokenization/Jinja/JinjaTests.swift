/// The tests templates may use after `is`.
enum JinjaTest: String, Sendable {
  case boolean
  case callable
  case defined
  case divisibleBy = "divisibleby"
  case eq
  case equal = "=="
  case equalTo = "equalto"
  case even
  case `false`
  case filter
  case float
  case ge
  case greaterOrEqual = ">="
  case greater = ">"
  case greaterThan = "greaterthan"
  case gt
  case `in`
  case integer
  case iterable
  case le
  case less = "<"
  case lessOrEqual = "<="
  case lessThan = "lessthan"
  case lower
  case lt
  case mapping
  case ne
  case none
  case notEqual = "!="
  case number
  case odd
  case sameAs = "sameas"
  case sequence
  case string
  case test
  case `true`
  case undefined
  case upper

  /// The comparison a test stands for.
  fileprivate var comparator: JinjaComparator? {
    switch self {
    case .eq, .equal, .equalTo: .equal
    case .ne, .notEqual: .notEqual
    case .ge, .greaterOrEqual: .greaterOrEqual
    case .gt, .greater, .greaterThan: .greater
    case .le, .lessOrEqual: .lessOrEqual
    case .lt, .less, .lessThan: .less
    case .in: .isIn
    default: nil
    }
  }
}

extension JinjaEvaluator {
  /// Whether a value passes a test.
  func test(
    _ value: JinjaValue, _ test: JinjaTest, _ arguments: JinjaArguments
  ) throws(JinjaError) -> Bool {
    var arguments = arguments
    let result: Bool
    if let comparator = test.comparator {
      result = try value.holds(comparator, try arguments.require("other"), budget)
    } else if let kind = kind(value, is: test) {
      result = kind
    } else {
      switch test {
      case .even, .odd, .divisibleBy:
        let divisor = test == .divisibleBy ? try arguments.require("num") : .integer(2)
        let remainder = try value.applying(.remainder, divisor)
        result = remainder.isEqual(to: .integer(test == .odd ? 1 : 0))
      case .lower: result = try value.printed().isLower
      case .upper: result = try value.printed().isUpper
      case .filter: result = JinjaFilter(rawValue: try value.printed().string) != nil
      case .test: result = JinjaTest(rawValue: try value.printed().string) != nil
      case .sameAs: result = isSame(value, try arguments.require("other"))
      default: throw .evaluation("the test '\(test.rawValue)' cannot be evaluated")
      }
    }
    try arguments.finish()
    return result
  }

  /// The answer of a test that looks at a value's type only, or nil for other tests.
  private func kind(_ value: JinjaValue, is test: JinjaTest) -> Bool? {
    switch (test, value) {
    case (.defined, _): return !value.isUndefined
    case (.undefined, _): return value.isUndefined
    case (.none, .null): return true
    case (.boolean, .boolean): return true
    case (.true, .boolean(let flag)): return flag
    case (.false, .boolean(let flag)): return !flag
    case (.string, .string), (.mapping, .dictionary), (.integer, .integer), (.float, .float):
      return true
    case (.number, _): return value.asNumber != nil
    // An undefined value can be called as far as Python knows, though the call fails.
    case (.callable, .callable), (.callable, .undefined): return true
    case (.sequence, .list), (.sequence, .tuple), (.sequence, .string), (.sequence, .dictionary),
      (.sequence, .undefined):
      return true
    case (.iterable, .list), (.iterable, .tuple), (.iterable, .string), (.iterable, .dictionary),
      (.iterable, .view), (.iterable, .iterator), (.iterable, .undefined), (.iterable, .loop):
      return true
    case (.none, _), (.boolean, _), (.true, _), (.false, _), (.string, _), (.mapping, _),
      (.integer, _), (.float, _), (.callable, _), (.sequence, _), (.iterable, _):
      return false
    default: return nil
    }
  }

  /// Python's `is`, as far as it means something for values without an address.
  private func isSame(_ left: JinjaValue, _ right: JinjaValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let first), .boolean(let second)): first == second
    case (.integer(let first), .integer(let second)): first == second
    case (.string(let first), .string(let second)): first == second
    case (.namespace(let first), .namespace(let second)): first === second
    default: false
    }
  }
}
