/// How Python prints values: `str` for output, `repr` inside lists and dictionaries.
extension JinjaValue {
  /// The text the value is written as.
  func printed() throws(JinjaError) -> TracedText {
    switch self {
    case .string(let text): text
    case .undefined: TracedText()
    default: try represented()
    }
  }

  /// Python's `repr`.
  func represented() throws(JinjaError) -> TracedText {
    var writer = RepresentationWriter()
    try writer.write(self)
    return writer.text
  }
}

private struct RepresentationWriter {
  var text = TracedText()
  private var depth = 0

  mutating func write(_ value: JinjaValue) throws(JinjaError) {
    try JinjaBudget.check(length: text.count)
    switch value {
    case .undefined: text.append("Undefined")
    case .null: text.append("None")
    case .boolean(let value): text.append(value ? "True" : "False")
    case .integer(let value): text.append(TracedText(String(value)))
    case .float(let value): text.append(TracedText(pythonText(of: value)))
    case .string(let string): write(quoted: string)
    case .list(let list):
      try write(list.items, from: "[", to: "]")
    case .tuple(let list):
      try write(list.items, from: "(", to: list.items.count == 1 ? ",)" : ")")
    case .view(let view):
      text.append(TracedText(view.kind.rawValue))
      try write(view.elements.items, from: "([", to: "])")
    case .dictionary(let dictionary): try write(dictionary)
    case .namespace(let namespace):
      text.append("<Namespace ")
      try write(namespace.attributes)
      text.append(">")
    case .iterator, .loop, .callable:
      throw .evaluation("a value of type \(value.typeName) has no text")
    }
  }

  private mutating func write(
    _ items: [JinjaValue], from start: StaticString, to end: StaticString
  ) throws(JinjaError) {
    try enter()
    text.append(start)
    for (index, item) in items.enumerated() {
      if index > 0 { text.append(", ") }
      try write(item)
    }
    text.append(end)
    depth -= 1
  }

  private mutating func write(_ dictionary: JinjaDictionary) throws(JinjaError) {
    try enter()
    text.append("{")
    for (index, entry) in dictionary.entries.enumerated() {
      if index > 0 { text.append(", ") }
      try write(entry.key)
      text.append(": ")
      try write(entry.value)
    }
    text.append("}")
    depth -= 1
  }

  private mutating func enter() throws(JinjaError) {
    // Namespaces may hold themselves, so the depth is not bounded by the values' own extents.
    guard depth <= JinjaExtent.deepest else { throw .limit("a value is nested too deeply") }
    depth += 1
  }

  /// In single quotes unless only those occur inside; what cannot be printed is escaped.
  private mutating func write(quoted string: TracedText) {
    let hasSingle = string.scalars.contains { $0.value == 0x27 }
    let hasDouble = string.scalars.contains { $0.value == 0x22 }
    let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
    text.scalars.append(TracedScalar(quote))
    for traced in string.scalars {
      if let escape = escape(of: traced.scalar, quote: quote) {
        for scalar in escape.unicodeScalars {
          text.scalars.append(TracedScalar(scalar, source: traced.source))
        }
      } else {
        text.scalars.append(traced)
      }
    }
    text.scalars.append(TracedScalar(quote))
  }

  private func escape(of scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String? {
    switch scalar {
    case quote, "\\": return "\\" + String(scalar)
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case " "..."~": return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      let value = scalar.value
      if value < 0x100 { return "\\x" + hexadecimal(value, digitCount: 2) }
      if value < 0x10000 { return "\\u" + hexadecimal(value, digitCount: 4) }
      return "\\U" + hexadecimal(value, digitCount: 8)
    default: return nil
    }
  }
}

/// Lower-case hexadecimal digits with leading zeros.
func hexadecimal(_ value: UInt32, digitCount: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
}
