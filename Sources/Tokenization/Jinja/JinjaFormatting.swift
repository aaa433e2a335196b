private import Foundation

/// Python's `format % values`.
func percentFormatted(
  _ format: TracedText, with value: JinjaValue
) throws(JinjaError) -> TracedText {
  var formatter = PercentFormatter(format, value)
  return try formatter.formatted()
}

/// Python's `str.format`, without the parts of its format language that templates do not use.
func braceFormatted(
  _ format: TracedText, with arguments: inout JinjaArguments
) throws(JinjaError) -> TracedText {
  let positional = arguments.takeRest()
  let keywords = arguments.takeKeywords()
  var result = TracedText()
  var next = 0
  var position = 0
  let scalars = format.scalars
  while position < scalars.count {
    let scalar = scalars[position].scalar
    let follower = position + 1 < scalars.count ? scalars[position + 1].scalar : " "
    if scalar == "{" || scalar == "}", follower == scalar {
      result.scalars.append(scalars[position])
      position += 2
    } else if scalar == "{" {
      guard let end = format.firstIndex(of: "}", from: position) else {
        throw .evaluation("format: a '{' is never closed")
      }
      let name = TracedText(scalars[(position + 1)..<end]).string
      let value: JinjaValue?
      if name.isEmpty {
        value = next < positional.count ? positional[next] : nil
        next += 1
      } else if let index = Int(name) {
        value = positional.indices.contains(index) ? positional[index] : nil
      } else if name.unicodeScalars.allSatisfy({ $0 == "_" || $0.properties.isXIDContinue }) {
        value = keywords.first { $0.name == name }?.value
      } else {
        throw .evaluation("format: the field '{\(name)}' is not supported")
      }
      guard let value else { throw .evaluation("format: there is no value for '{\(name)}'") }
      result.append(try value.printed())
      position = end + 1
    } else if scalar == "}" {
      throw .evaluation("format: a '}' closes nothing")
    } else {
      result.scalars.append(scalars[position])
      position += 1
    }
    try JinjaBudget.check(length: result.count)
  }
  return result
}

private struct PercentFormatter {
  private let scalars: [TracedScalar]
  private let value: JinjaValue
  private let values: [JinjaValue]
  private var used = 0
  private var usesNames = false
  private var position = 0

  init(_ format: TracedText, _ value: JinjaValue) {
    scalars = format.scalars
    self.value = value
    if case .tuple(let list) = value { values = list.items } else { values = [value] }
  }

  mutating func formatted() throws(JinjaError) -> TracedText {
    var result = TracedText()
    while position < scalars.count {
      let traced = scalars[position]
      position += 1
      if traced.scalar == "%" {
        result.append(try directive())
      } else {
        result.scalars.append(traced)
      }
      try JinjaBudget.check(length: result.count)
    }
    guard used == values.count || mayRemain else {
      throw .evaluation("not all values were used by the format")
    }
    return result
  }

  /// Whether values may be left over: Python allows it for anything that could be asked for a name.
  private var mayRemain: Bool {
    switch value {
    case .dictionary, .list, .undefined: true
    default: usesNames
    }
  }

  /// One directive: `%(name)flags width .precision type`.
  private mutating func directive() throws(JinjaError) -> TracedText {
    var field = value
    var isNamed = false
    if peek == "(" {
      guard case .dictionary(let dictionary) = value,
        let end = scalars[position...].firstIndex(where: { $0.scalar == ")" })
      else { throw .evaluation("a named format field needs a dict") }
      let name = TracedText(scalars[(position + 1)..<end])
      guard let named = dictionary.value(for: name) else {
        throw .evaluation("there is no value for the format field '\(name.string)'")
      }
      field = named
      isNamed = true
      usesNames = true
      position = end + 1
    }
    var flags: Set<Unicode.Scalar> = []
    while let flag = peek, "-+ 0#".unicodeScalars.contains(flag) {
      flags.insert(flag)
      position += 1
    }
    let width = try number() ?? 0
    var precision: Int?
    if peek == "." {
      position += 1
      precision = try number() ?? 0
    }
    guard let type = peek else { throw .evaluation("a format ends in the middle of a field") }
    position += 1
    if type == "%" { return "%" }
    if !isNamed {
      guard used < values.count else { throw .evaluation("there are too few values to format") }
      field = values[used]
      used += 1
    }
    let text = try text(of: field, type, precision: precision, flags)
    let isNumber = "diufFeEgGxXo".unicodeScalars.contains(type)
    if flags.contains("0"), !flags.contains("-"), isNumber { return text.zeroFilled(to: width) }
    return text.padded(to: width, flags.contains("-") ? .left : .right, with: TracedScalar(" "))
  }

  private var peek: Unicode.Scalar? {
    position < scalars.count ? scalars[position].scalar : nil
  }

  private mutating func number() throws(JinjaError) -> Int? {
    var digits = ""
    while let scalar = peek, ("0"..."9").contains(scalar) {
      digits.unicodeScalars.append(scalar)
      position += 1
    }
    guard !digits.isEmpty else { return nil }
    guard let number = Int(digits), number <= 1000 else {
      throw .evaluation("a format field is wider than 1000")
    }
    return number
  }

  private func text(
    of field: JinjaValue, _ type: Unicode.Scalar, precision: Int?, _ flags: Set<Unicode.Scalar>
  ) throws(JinjaError) -> TracedText {
    func signed(_ text: String) -> TracedText {
      let isPlain = !text.hasPrefix("-")
      if isPlain, flags.contains("+") { return TracedText("+" + text) }
      return TracedText(isPlain && flags.contains(" ") ? " " + text : text)
    }
    switch type {
    case "s", "r":
      let text = type == "s" ? try field.printed() : try field.represented()
      return precision.map { TracedText(text.scalars.prefix($0)) } ?? text
    case "d", "i", "u":
      if case .float(let value) = field, let whole = Int(exactly: value.rounded(.towardZero)) {
        return signed(String(whole))
      }
      guard let value = field.asInteger else { throw field.unsuitable(for: "%d") }
      return signed(String(value))
    case "x", "X", "o":
      guard let value = field.asInteger else { throw field.unsuitable(for: "%\(type)") }
      return signed(String(value, radix: type == "o" ? 8 : 16, uppercase: type == "X"))
    case "f", "F", "e", "E", "g", "G":
      guard let value = field.asNumber else { throw field.unsuitable(for: "%\(type)") }
      return signed(String(format: "%.\(precision ?? 6)\(type)", value))
    default: throw .evaluation("the format type '%\(type)' is not supported")
    }
  }
}
