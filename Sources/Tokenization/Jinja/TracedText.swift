/// One Unicode scalar that remembers where it came from.
struct TracedScalar: Sendable {
  var value: UInt32
  /// 0 for the template, message index + 1 otherwise.
  var source: UInt32

  init(_ value: UInt32, source: UInt32 = 0) {
    self.value = value
    self.source = source
  }

  init(_ scalar: Unicode.Scalar, source: UInt32 = 0) {
    self.init(scalar.value, source: source)
  }

  var scalar: Unicode.Scalar {
    Unicode.Scalar(value) ?? "\u{FFFD}"
  }

  var isWhitespace: Bool { isPythonWhitespace(value) }
}

/// Text inside the template interpreter: Unicode scalars, each with its origin.
///
/// Indices, lengths and comparisons are by scalar, as in Python. Every operation moves whole
/// scalars about, so an origin survives slicing, stripping, splitting, joining and case changes.
struct TracedText: Sendable {
  var scalars: [TracedScalar]
  /// Whether the text counts as HTML already; it makes no difference to comparisons.
  var isMarkup = false

  init(scalars: [TracedScalar] = []) {
    self.scalars = scalars
  }

  init(_ slice: ArraySlice<TracedScalar>) {
    scalars = Array(slice)
  }

  /// A part of the text, by index.
  subscript(range: Range<Int>) -> TracedText {
    var part = TracedText(scalars[range])
    part.isMarkup = isMarkup
    return part
  }

  init(_ string: String, origin: TextOrigin = .template) {
    let source = Self.source(of: origin)
    scalars = string.unicodeScalars.map { TracedScalar($0, source: source) }
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  /// The text without its origins.
  var string: String {
    var text = String.UnicodeScalarView()
    for traced in scalars { text.append(traced.scalar) }
    return String(text)
  }

  /// The origin of the first scalar; what is written in place of this text inherits it.
  var leadingSource: UInt32 { scalars.first?.source ?? 0 }

  mutating func append(_ other: TracedText) {
    scalars.append(contentsOf: other.scalars)
  }

  mutating func append(_ ascii: StaticString, source: UInt32 = 0) {
    for scalar in ascii.description.unicodeScalars {
      scalars.append(TracedScalar(scalar, source: source))
    }
  }

  static func source(of origin: TextOrigin) -> UInt32 {
    switch origin {
    case .template: 0
    case .message(let index): UInt32(clamping: index + 1)
    }
  }

  static func origin(of source: UInt32) -> TextOrigin {
    source == 0 ? .template : .message(Int(source) - 1)
  }
}

extension TracedText: Hashable {
  static func == (left: TracedText, right: TracedText) -> Bool {
    left.scalars.elementsEqual(right.scalars) { $0.value == $1.value }
  }

  func hash(into hasher: inout Hasher) {
    for traced in scalars { hasher.combine(traced.value) }
  }
}

extension TracedText: Comparable {
  static func < (left: TracedText, right: TracedText) -> Bool {
    left.scalars.lexicographicallyPrecedes(right.scalars) { $0.value < $1.value }
  }
}

extension TracedText: ExpressibleByStringLiteral {
  init(stringLiteral value: String) {
    self.init(value)
  }
}

/// Whether Python's `str.isspace` and the `\s` of its regular expressions accept a scalar.
func isPythonWhitespace(_ value: UInt32) -> Bool {
  switch value {
  case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
    0x205F, 0x3000:
    true
  default: false
  }
}
