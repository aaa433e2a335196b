#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Operators with Python's meaning: division rounds down, text and lists can be added and repeated.
extension JinjaValue {
  func applying(
    _ operation: JinjaArithmetic, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    switch (operation, self, right) {
    case (.add, .string(let first), .string(let second)):
      return .string(first.adding(second))
    case (.add, .list(let first), .list(let second)):
      return .list(try JinjaList(first.items + second.items))
    case (.add, .tuple(let first), .tuple(let second)):
      return .tuple(try JinjaList(first.items + second.items))
    case (.remainder, .string(let format), _):
      return .string(try percentFormatted(format, with: right))
    case (.multiply, _, _):
      if let count = right.asInteger, let repeated = try repeated(count) { return repeated }
      if let count = asInteger, let repeated = try right.repeated(count) { return repeated }
    default: break
    }
    if let left = asInteger, let right = right.asInteger {
      return try Self.integers(operation, left, right)
    }
    if let left = asNumber, let right = right.asNumber {
      return .float(try Self.floats(operation, left, right))
    }
    if case .undefined(let absence) = right { throw .evaluation(absence.sentence) }
    throw unsuitable(for: operation.rawValue, with: right)
  }

  func negated() throws(JinjaError) -> JinjaValue {
    if case .float(let value) = self { return .float(-value) }
    guard let value = asInteger else { throw unsuitable(for: "-") }
    return .integer(try exactly(value.multipliedReportingOverflow(by: -1)))
  }

  /// What to say when an operator does not apply.
  func unsuitable(for symbol: String, with right: JinjaValue? = nil) -> JinjaError {
    if case .undefined(let absence) = self { return .evaluation(absence.sentence) }
    let types = [self, right].compactMap { $0?.typeName }.joined(separator: " and ")
    return .evaluation("'\(symbol)' does not apply to values of type \(types)")
  }

  private func repeated(_ count: Int) throws(JinjaError) -> JinjaValue? {
    let times = max(count, 0)
    func checked(_ length: Int) throws(JinjaError) {
      let product = length.multipliedReportingOverflow(by: times)
      try JinjaBudget.check(length: product.overflow ? .max : product.partialValue)
    }
    switch self {
    case .string(let text):
      try checked(text.count)
      var repeated = text
      repeated.scalars = Array(repeatElement(text.scalars, count: times).joined())
      return .string(repeated)
    case .list(let list):
      try checked(list.extent.size)
      return .list(try JinjaList(Array(repeatElement(list.items, count: times).joined())))
    case .tuple(let list):
      try checked(list.extent.size)
      return .tuple(try JinjaList(Array(repeatElement(list.items, count: times).joined())))
    default: return nil
    }
  }

  private static func integers(
    _ operation: JinjaArithmetic, _ left: Int, _ right: Int
  ) throws(JinjaError) -> JinjaValue {
    switch operation {
    case .add: return .integer(try exactly(left.addingReportingOverflow(right)))
    case .subtract: return .integer(try exactly(left.subtractingReportingOverflow(right)))
    case .multiply: return .integer(try exactly(left.multipliedReportingOverflow(by: right)))
    case .divide: return .float(try floats(.divide, Double(left), Double(right)))
    case .floorDivide:
      try checkDivisor(right == 0)
      let quotient = try exactly(left.dividedReportingOverflow(by: right))
      let isRoundedUp = quotient * right != left && (left < 0) != (right < 0)
      return .integer(isRoundedUp ? quotient - 1 : quotient)
    case .remainder:
      try checkDivisor(right == 0)
      if right == -1 { return .integer(0) }
      let remainder = left % right
      let hasWrongSign = remainder != 0 && (remainder < 0) != (right < 0)
      return .integer(hasWrongSign ? remainder + right : remainder)
    case .power:
      if right < 0 { return .float(try floats(.power, Double(left), Double(right))) }
      return .integer(try power(left, right))
    }
  }

  private static func power(_ base: Int, _ exponent: Int) throws(JinjaError) -> Int {
    if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
    if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
    var result = 1
    for _ in 0..<min(exponent, 64) {
      result = try exactly(result.multipliedReportingOverflow(by: base))
    }
    return result
  }

  private static func floats(
    _ operation: JinjaArithmetic, _ left: Double, _ right: Double
  ) throws(JinjaError) -> Double {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide:
      try checkDivisor(right == 0)
      return left / right
    case .floorDivide:
      try checkDivisor(right == 0)
      return floorQuotient(left, right)
    case .remainder:
      try checkDivisor(right == 0)
      let remainder = left.truncatingRemainder(dividingBy: right)
      if remainder == 0 { return copysign(0, right) }
      return (remainder < 0) != (right < 0) ? remainder + right : remainder
    case .power:
      if left == 0, right < 0 { throw .evaluation("zero cannot have a negative power") }
      return pow(left, right)
    }
  }

  /// Python divides what is left when the remainder is taken away, so that 10 // 0.1 is 99.
  private static func floorQuotient(_ left: Double, _ right: Double) -> Double {
    let remainder = left.truncatingRemainder(dividingBy: right)
    var quotient = (left - remainder) / right
    if remainder != 0, (remainder < 0) != (right < 0) { quotient -= 1 }
    if quotient == 0 { return copysign(0, left / right) }
    let rounded = quotient.rounded(.down)
    return quotient - rounded > 0.5 ? rounded + 1 : rounded
  }
}

private func checkDivisor(_ isZero: Bool) throws(JinjaError) {
  if isZero { throw .evaluation("division by zero") }
}

private func exactly(_ result: (partialValue: Int, overflow: Bool)) throws(JinjaError) -> Int {
  if result.overflow { throw .evaluation("an integer is too large") }
  return result.partialValue
}
