/// One scalar of a text and the bytes it takes.
struct DecodedScalar {
  var value: UInt32
  var length: Int
}

extension [UInt8] {
  /// The scalar that starts at `index` and ends before `end`.
  ///
  /// A byte that starts no valid UTF-8 sequence counts as one scalar of its own, U+FFFD, so that any
  /// bytes can be walked through.
  func scalar(at index: Int, before end: Int) -> DecodedScalar {
    let first = self[index]
    if first < 0x80 { return DecodedScalar(value: UInt32(first), length: 1) }
    let invalid = DecodedScalar(value: 0xFFFD, length: 1)
    let length: Int
    var value: UInt32
    switch first {
    case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
    case 0xE0...0xEF: (length, value) = (3, UInt32(first & 0x0F))
    case 0xF0...0xF4: (length, value) = (4, UInt32(first & 0x07))
    default: return invalid
    }
    guard length <= end - index else { return invalid }
    for byte in self[index + 1..<index + length] {
      guard byte & 0xC0 == 0x80 else { return invalid }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    switch length {
    case 3: guard value >= 0x800, !(0xD800...0xDFFF).contains(value) else { return invalid }
    case 4: guard (0x10000...0x10FFFF).contains(value) else { return invalid }
    default: break
    }
    return DecodedScalar(value: value, length: length)
  }

  /// The scalar that ends before `end` and starts at or after `start`.
  func scalar(endingAt end: Int, from start: Int) -> DecodedScalar {
    var index = end - 1
    while index > start, end - index < 4, self[index] & 0xC0 == 0x80 { index -= 1 }
    let decoded = scalar(at: index, before: end)
    return index + decoded.length == end ? decoded : DecodedScalar(value: 0xFFFD, length: 1)
  }

  /// Appends the UTF-8 form of a scalar.
  mutating func append(scalar: UInt32) {
    switch scalar {
    case ..<0x80:
      append(UInt8(scalar))
    case ..<0x800:
      append(UInt8(0xC0 | scalar >> 6))
      append(UInt8(0x80 | scalar & 0x3F))
    case ..<0x10000:
      append(UInt8(0xE0 | scalar >> 12))
      append(UInt8(0x80 | scalar >> 6 & 0x3F))
      append(UInt8(0x80 | scalar & 0x3F))
    default:
      append(UInt8(0xF0 | scalar >> 18))
      append(UInt8(0x80 | scalar >> 12 & 0x3F))
      append(UInt8(0x80 | scalar >> 6 & 0x3F))
      append(UInt8(0x80 | scalar & 0x3F))
    }
  }
}
