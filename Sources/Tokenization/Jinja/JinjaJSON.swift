/// The `tojson` filter as HuggingFace defines it: Python's `json.dumps`, letters kept as they are.
func jsonText(
  of value: JinjaValue, _ arguments: inout JinjaArguments, _ budget: JinjaBudget
) throws(JinjaError) -> TracedText {
  let isASCII = try arguments.flag("ensure_ascii")
  var indentation: TracedText?
  switch try arguments.take("indent") ?? .null {
  case .null: break
  case .string(let text): indentation = text
  case let width:
    guard let count = width.asInteger, count <= 1000 else {
      throw .evaluation("tojson: indent must be an int up to 1000 or a str")
    }
    let spaces = Array(repeating: TracedScalar(" "), count: max(count, 0))
    indentation = TracedText(scalars: spaces)
  }
  var separators: (item: TracedText, key: TracedText) = (indentation == nil ? ", " : ",", ": ")
  switch try arguments.take("separators") ?? .null {
  case .null: break
  case let given:
    let parts = try given.elements(budget)
    guard parts.count == 2, case .string(let item) = parts[0], case .string(let key) = parts[1]
    else { throw .evaluation("tojson: separators must be two strings") }
    separators = (item, key)
  }
  var writer = JSONWriter(
    isASCII: isASCII, indentation: indentation, separators: separators,
    sortsKeys: try arguments.flag("sort_keys"))
  try writer.write(value)
  return writer.text
}

private struct JSONWriter {
  let isASCII: Bool
  let indentation: TracedText?
  let separators: (item: TracedText, key: TracedText)
  let sortsKeys: Bool
  var text = TracedText()
  private var depth = 0

  init(
    isASCII: Bool, indentation: TracedText?, separators: (item: TracedText, key: TracedText),
    sortsKeys: Bool
  ) {
    self.isASCII = isASCII
    self.indentation = indentation
    self.separators = separators
    self.sortsKeys = sortsKeys
  }

  mutating func write(_ value: JinjaValue) throws(JinjaError) {
    try JinjaBudget.check(length: text.count)
    switch value {
    case .null: text.append("null")
    case .boolean(let flag): text.append(flag ? "true" : "false")
    case .integer(let number): text.append(TracedText(String(number)))
    case .float(let number): text.append(TracedText(jsonNumber(number)))
    case .string(let string): write(quoted: string)
    case .list(let list), .tuple(let list):
      guard !list.items.isEmpty else { return text.append("[]") }
      text.append("[")
      depth += 1
      for (index, item) in list.items.enumerated() {
        separate(isFirst: index == 0)
        try write(item)
      }
      close("]")
    case .dictionary(let dictionary): try write(dictionary)
    case .undefined(let absence):
      throw .evaluation("tojson: \(absence.sentence)")
    case .view, .iterator, .namespace, .loop, .callable:
      throw .evaluation("tojson: a value of type \(value.typeName) has no JSON form")
    }
  }

  private mutating func write(_ dictionary: JinjaDictionary) throws(JinjaError) {
    guard !dictionary.entries.isEmpty else { return text.append("{}") }
    var entries = dictionary.entries
    if sortsKeys {
      var keys: [TracedText] = []
      for entry in entries { keys.append(try key(entry.key)) }
      let order = entries.indices.sorted { keys[$0] < keys[$1] }
      entries = order.map { entries[$0] }
    }
    text.append("{")
    depth += 1
    for (index, entry) in entries.enumerated() {
      separate(isFirst: index == 0)
      write(quoted: try key(entry.key))
      text.append(separators.key)
      try write(entry.value)
    }
    close("}")
  }

  private func key(_ key: JinjaValue) throws(JinjaError) -> TracedText {
    switch key {
    case .string(let name): return name
    case .null: return "null"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let number): return TracedText(String(number))
    case .float(let number): return TracedText(jsonNumber(number))
    default: throw .evaluation("tojson: a key is a value of type \(key.typeName)")
    }
  }

  private mutating func separate(isFirst: Bool) {
    if !isFirst { text.append(separators.item) }
    breakLine()
  }

  private mutating func close(_ bracket: StaticString) {
    depth -= 1
    breakLine()
    text.append(bracket)
  }

  private mutating func breakLine() {
    guard let indentation else { return }
    text.append("\n")
    for _ in 0..<depth { text.append(indentation) }
  }

  private func jsonNumber(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return pythonText(of: number)
  }

  private mutating func write(quoted string: TracedText) {
    text.append("\"")
    for traced in string.scalars {
      switch traced.scalar {
      case "\"": text.append("\\\"", source: traced.source)
      case "\\": text.append("\\\\", source: traced.source)
      case "\n": text.append("\\n", source: traced.source)
      case "\r": text.append("\\r", source: traced.source)
      case "\t": text.append("\\t", source: traced.source)
      case "\u{8}": text.append("\\b", source: traced.source)
      case "\u{C}": text.append("\\f", source: traced.source)
      case "\u{0}"..."\u{1F}": write(escaped: traced)
      case "\u{7F}"... where isASCII && traced.value != 0x7F: write(escaped: traced)
      default: text.scalars.append(traced)
      }
    }
    text.append("\"")
  }

  /// `\u` escapes, two of them beyond the first plane.
  private mutating func write(escaped traced: TracedScalar) {
    for unit in String(traced.scalar).utf16 {
      for scalar in ("\\u" + hexadecimal(UInt32(unit), digitCount: 4)).unicodeScalars {
        text.scalars.append(TracedScalar(scalar, source: traced.source))
      }
    }
  }
}
