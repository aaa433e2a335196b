/// Equality, order and membership as Python has them.
extension JinjaValue {
  func isEqual(to other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.null, .null): return true
    case (.string(let left), .string(let right)): return left == right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return areEqual(left.items, right.items)
    case (.dictionary(let left), .dictionary(let right)):
      return left.entries.count == right.entries.count
        && left.entries.allSatisfy { entry in
          right.value(for: entry.key).map { $0.isEqual(to: entry.value) } ?? false
        }
    case (.view(let left), .view(let right)):
      return left.kind == right.kind && areEqual(left.elements.items, right.elements.items)
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.loop(let left), .loop(let right)): return left === right
    case (.iterator(let left), .iterator(let right)): return left === right
    default:
      if let left = asInteger, let right = other.asInteger { return left == right }
      if let left = asNumber, let right = other.asNumber { return left == right }
      return false
    }
  }

  /// Whether the value sorts before another; values of different kinds have no order.
  func isLess(than other: JinjaValue) throws(JinjaError) -> Bool {
    switch (self, other) {
    case (.string(let left), .string(let right)): return left < right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (first, second) in zip(left.items, right.items) where !first.isEqual(to: second) {
        return try first.isLess(than: second)
      }
      return left.items.count < right.items.count
    default:
      if let left = asInteger, let right = other.asInteger { return left < right }
      if let left = asNumber, let right = other.asNumber { return left < right }
      throw uncomparable(with: other)
    }
  }

  /// Whether a comparison is true; the effort is spent before it is made.
  func holds(
    _ comparator: JinjaComparator, _ right: JinjaValue, _ budget: JinjaBudget
  ) throws(JinjaError) -> Bool {
    try budget.spend(min(extent.size, right.extent.size) / 16)
    switch comparator {
    case .equal: return isEqual(to: right)
    case .notEqual: return !isEqual(to: right)
    case .less: return try isLess(than: right)
    case .greater: return try right.isLess(than: self)
    case .lessOrEqual: return try isLess(than: right) || isEqual(to: right)
    case .greaterOrEqual: return try right.isLess(than: self) || isEqual(to: right)
    case .isIn: return try right.contains(self, budget)
    case .isNotIn: return try !right.contains(self, budget)
    }
  }

  /// Whether an element, a key or a part of a string equals `element`.
  func contains(_ element: JinjaValue, _ budget: JinjaBudget) throws(JinjaError) -> Bool {
    switch self {
    case .string(let text):
      guard case .string(let part) = element else {
        throw .evaluation("'in' cannot look for a value of type \(element.typeName) in a str")
      }
      try budget.spendSearching(text.count, for: part.count)
      return text.contains(part)
    case .dictionary(let dictionary):
      try budget.spend(dictionary.entries.count / 16)
      return dictionary.value(for: element) != nil
    default:
      try budget.spend(extent.size / 16)
      for candidate in try elements(budget) where candidate.isEqual(to: element) { return true }
      return false
    }
  }

  private func uncomparable(with other: JinjaValue) -> JinjaError {
    for case .undefined(let absence) in [self, other] { return .evaluation(absence.sentence) }
    return .evaluation("values of types \(typeName) and \(other.typeName) have no order")
  }
}

private func areEqual(_ left: [JinjaValue], _ right: [JinjaValue]) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
}
