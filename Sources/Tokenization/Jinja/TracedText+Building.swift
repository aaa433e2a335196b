/// Where text stands in a wider field.
enum TextAlignment {
  case left
  case right
  case center
}

/// Making longer text out of parts, within the limits of a budget.
extension TracedText {
  /// The printed elements of a value with this text between them.
  func joining(_ value: JinjaValue, _ budget: JinjaBudget) throws(JinjaError) -> TracedText {
    var parts: [TracedText] = []
    for element in try value.elements(budget) {
      guard case .string(let part) = element else {
        throw .evaluation("join: an element is a value of type \(element.typeName), not a str")
      }
      parts.append(part)
    }
    return try joining(parts, budget)
  }

  func joining(_ parts: [TracedText], _ budget: JinjaBudget) throws(JinjaError) -> TracedText {
    var result = TracedText()
    for (index, part) in parts.enumerated() {
      if index > 0 { result.append(self) }
      result.append(part)
      try JinjaBudget.check(length: result.count)
    }
    try budget.spend(parts.count / 16)
    return result
  }

  /// Python's `str.replace`; a negative limit replaces everything.
  func replacing(
    _ old: TracedText, with new: TracedText, limit: Int, _ budget: JinjaBudget
  ) throws(JinjaError) -> TracedText {
    try budget.spendSearching(count, for: old.count)
    let limit = limit < 0 ? Int.max : limit
    if new.count > old.count {
      let growth = (new.count - old.count).multipliedReportingOverflow(
        by: min(limit, occurrences(of: old)))
      try JinjaBudget.check(length: growth.overflow ? .max : growth.partialValue)
    }
    return replacing(old, with: new, limit: limit)
  }

  func padded(to width: Int, _ alignment: TextAlignment, with fill: TracedScalar) -> TracedText {
    let missing = max(0, width - count)
    let left =
      switch alignment {
      case .left: 0
      case .right: missing
      // Python puts the odd one on the left when the width is odd.
      case .center: missing / 2 + (missing & width & 1)
      }
    let before = Array(repeating: fill, count: left)
    let after = Array(repeating: fill, count: missing - left)
    return TracedText(scalars: before + scalars + after)
  }

  /// Zeros between a sign and the digits.
  func zeroFilled(to width: Int) -> TracedText {
    let signLength = scalars.first.map { $0.value == 0x2B || $0.value == 0x2D } == true ? 1 : 0
    let zeros = Array(repeating: TracedScalar("0"), count: max(0, width - count))
    return TracedText(scalars: scalars[..<signLength] + zeros + scalars[signLength...])
  }
}
