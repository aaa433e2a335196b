/// The functions templates may call.
enum JinjaFunction: String, Sendable {
  case range
  case namespace
  case dict
  case raiseException = "raise_exception"
  case dateNow = "strftime_now"
}

extension JinjaEvaluator {
  func call(
    _ function: JinjaFunction, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    var arguments = arguments
    let result: JinjaValue
    switch function {
    case .range: result = try range(&arguments)
    case .dict: result = .dictionary(try dictionary(&arguments))
    case .namespace:
      let namespace = makeNamespace()
      for entry in try dictionary(&arguments).entries {
        try set(try entry.key.printed().string, of: namespace, to: entry.value)
      }
      result = .namespace(namespace)
    case .raiseException:
      let message = try arguments.require("message").printed().string
      throw JinjaError(reason: .refusal(message), line: nil)
    case .dateNow:
      let format = try arguments.requireText("format").string
      guard let date else { throw .evaluation("'strftime_now' is undefined") }
      result = .string(TracedText(try date.formatted(format)))
    }
    try arguments.finish()
    return result
  }

  private func range(_ arguments: inout JinjaArguments) throws(JinjaError) -> JinjaValue {
    guard let first = try arguments.integer("start") else {
      throw .evaluation("range needs an int")
    }
    let second = try arguments.integer("stop")
    let step = try arguments.integer("step") ?? 1
    guard step != 0 else { throw .evaluation("range: the step cannot be 0") }
    let start = second == nil ? 0 : first
    let end = second ?? first
    let distance = end.subtractingReportingOverflow(start)
    let largest = 100_000
    let count = distance.overflow ? Int.max : distance.partialValue / step
    guard count <= largest else {
      throw .evaluation("range: more than \(largest) numbers")
    }
    let numbers = stride(from: start, to: end, by: step).map { JinjaValue.integer($0) }
    try budget.spend(numbers.count / 16)
    return .list(try JinjaList(numbers))
  }

  /// What Python's `dict` makes of a dictionary or pairs, and of named arguments.
  private func dictionary(
    _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaDictionary {
    var result = JinjaDictionary()
    if !arguments.positional.isEmpty {
      switch try arguments.require("mapping") {
      case .dictionary(let dictionary): result = dictionary
      case let pairs:
        for pair in try pairs.elements(budget) {
          let parts = try pair.elements(budget)
          guard parts.count == 2 else {
            throw .evaluation("dict needs pairs of a key and a value")
          }
          try budget.spend(1 + result.entries.count / 16)
          try result.set(parts[0], to: parts[1])
        }
      }
    }
    for (name, value) in arguments.takeKeywords() {
      try result.set(.string(TracedText(name)), to: value)
    }
    return result
  }
}
