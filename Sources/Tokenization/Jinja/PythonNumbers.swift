/// A float as Python's `repr` writes it: the shortest digits that read back the same, with an
/// exponent below 1e-4 and from 1e16.
func pythonText(of value: Double) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  let sign = value.sign == .minus ? "-" : ""
  let (digits, exponent) = shortestDigits(of: value.magnitude)
  if exponent < -4 || exponent >= 16 {
    let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
    let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude)"
  }
  if exponent < 0 {
    return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
  }
  let padded = digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
  let fraction = padded.dropFirst(exponent + 1)
  return sign + padded.prefix(exponent + 1) + "." + (fraction.isEmpty ? "0" : fraction)
}

/// Significant digits without trailing zeros, and the power of ten of the first one.
private func shortestDigits(of value: Double) -> (String, Int) {
  let parts = value.description.split(separator: "e")
  let mantissa = parts[0].split(separator: ".")
  let whole = mantissa[0]
  let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
  let all = whole + fraction
  let significant = all.drop { $0 == "0" }
  guard !significant.isEmpty else { return ("0", 0) }
  let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  let exponent = written + whole.count - 1 - (all.count - significant.count)
  var digits = String(significant)
  while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
  return (digits, exponent)
}

/// The number Python's `int` reads from text in a base, or nil when it refuses the text.
func pythonInteger(_ text: String, base: Int) -> Int? {
  guard (2...36).contains(base) else { return nil }
  var digits = text[...]
  var isNegative = false
  if let sign = digits.first, sign == "-" || sign == "+" {
    isNegative = sign == "-"
    digits = digits.dropFirst()
  }
  let prefixes = [2: "0b", 8: "0o", 16: "0x"]
  if let prefix = prefixes[base], digits.lowercased().hasPrefix(prefix) {
    digits = digits.dropFirst(2)
  }
  guard let plain = withoutSeparators(digits), !plain.hasPrefix("-"), !plain.hasPrefix("+") else {
    return nil
  }
  return Int((isNegative ? "-" : "") + plain, radix: base)
}

/// The number Python's `float` reads from text, or nil when it refuses the text.
func pythonFloat(_ text: String) -> Double? {
  let named = ["inf", "infinity", "nan", "+inf", "-inf", "+infinity", "-infinity", "+nan", "-nan"]
  let lowered = text.lowercased()
  if named.contains(lowered) { return Double(lowered) }
  let allowed = "0123456789+-.e_"
  guard lowered.allSatisfy({ allowed.contains($0) }), let plain = withoutSeparators(lowered[...])
  else { return nil }
  let mantissa = plain.prefix { $0 != "e" }
  guard mantissa.contains(where: \.isNumber) else { return nil }
  let padded = plain.hasSuffix(".") ? plain + "0" : plain
  return Double(padded) ?? Double(padded.replacing(".e", with: ".0e"))
}

/// Digits without underscores, which must stand between two digits.
private func withoutSeparators(_ text: Substring) -> String? {
  guard !text.isEmpty, !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__") else {
    return nil
  }
  return text.filter { $0 != "_" }
}
