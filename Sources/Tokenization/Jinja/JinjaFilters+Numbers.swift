private import Foundation

/// Filters on numbers.
extension JinjaEvaluator {
  func number(
    _ filter: JinjaFilter.Number, _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    switch filter {
    case .abs:
      if case .float(let number) = value { return .float(number.magnitude) }
      guard let number = value.asInteger else { throw value.unsuitable(for: "abs") }
      return number < 0 ? try JinjaValue.integer(number).negated() : .integer(number)
    case .int:
      let otherwise = try arguments.take("default") ?? .integer(0)
      let base = try arguments.integer("base") ?? 10
      return try integer(value, base: base).map { .integer($0) } ?? otherwise
    case .float:
      let otherwise = try arguments.take("default") ?? .float(0)
      return try float(value).map { .float($0) } ?? otherwise
    case .round: return try rounded(value, &arguments)
    case .sum:
      let path = try arguments.take("attribute")
      var total = try arguments.take("start") ?? .integer(0)
      for item in try value.elements(budget) {
        try budget.spend()
        total = try total.applying(.add, try attribute(path, of: item))
      }
      return total
    }
  }

  private func integer(_ value: JinjaValue, base: Int) throws(JinjaError) -> Int? {
    switch value {
    case .string(let text):
      let plain = text.stripped(of: nil).string
      if let integer = pythonInteger(plain, base: base) { return integer }
      return pythonFloat(plain).flatMap { Int(exactly: $0.rounded(.towardZero)) }
    case .float(let number): return Int(exactly: number.rounded(.towardZero))
    case .undefined(let absence): throw .evaluation(absence.sentence)
    default: return value.asInteger
    }
  }

  private func float(_ value: JinjaValue) throws(JinjaError) -> Double? {
    switch value {
    case .string(let text): return pythonFloat(text.stripped(of: nil).string)
    case .undefined(let absence): throw .evaluation(absence.sentence)
    default: return value.asNumber
    }
  }

  private func rounded(
    _ value: JinjaValue, _ arguments: inout JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    let precision = try arguments.integer("precision") ?? 0
    let method = try arguments.text("method") ?? "common"
    guard let number = value.asNumber else { throw value.unsuitable(for: "round") }
    guard (-300...300).contains(precision) else {
      throw .evaluation("round: the precision \(precision) is out of range")
    }
    let scale = pow(10, Double(precision))
    switch method {
    case "ceil": return .float((number * scale).rounded(.up) / scale)
    case "floor": return .float((number * scale).rounded(.down) / scale)
    case "common":
      if let integer = value.asInteger, precision >= 0 { return .integer(integer) }
      if precision < 0 {
        let rounded = (number * scale).rounded(.toNearestOrEven) / scale
        return value.asInteger == nil ? .float(rounded) : .integer(Int(exactly: rounded) ?? 0)
      }
      // The C library rounds the exact binary value, as Python does.
      return .float(Double(String(format: "%.\(precision)f", number)) ?? number)
    default: throw .evaluation("round knows the methods common, ceil and floor")
    }
  }
}
