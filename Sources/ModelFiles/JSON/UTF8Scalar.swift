/// Recognises one Unicode scalar written in UTF-8.
package enum UTF8Scalar {
  /// The number of bytes of the scalar that starts at `start`, or nil when the bytes there are not
  /// UTF-8: overlong, a surrogate, beyond U+10FFFF, or cut short.
  package static func length(at start: Int, in bytes: Span<UInt8>) -> Int? {
    let first = bytes[start]
    if first < 0x80 { return 1 }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { second = 0xA0...0xBF }
      if first == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { second = 0x90...0xBF }
      if first == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard length <= bytes.count - start, second.contains(bytes[start + 1]) else { return nil }
    for offset in 2..<max(length, 2) where bytes[start + offset] & 0xC0 != 0x80 { return nil }
    return length
  }

  /// Whether all bytes are UTF-8.
  package static func isValid(_ bytes: Span<UInt8>) -> Bool {
    var position = 0
    while position < bytes.count {
      guard let length = length(at: position, in: bytes) else { return false }
      position += length
    }
    return true
  }
}
