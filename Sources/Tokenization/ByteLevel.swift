/// The alphabet in which byte-level vocabularies are written: one printable character for each byte.
///
/// Bytes that are printable in Latin-1 stand for themselves, the other 68 for U+0100 onwards. Only files
/// use it; encoding works on bytes.
enum ByteLevel {
  /// The character of each byte.
  static let scalars: [UInt32] = {
    var scalars: [UInt32] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)...255 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        scalars.append(byte)
      default:
        scalars.append(next)
        next += 1
      }
    }
    return scalars
  }()

  /// The byte of each character below U+0144, -1 for those outside the alphabet.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// The bytes that a vocabulary entry stands for, nil when it has a character outside the alphabet.
  static func decode(_ entry: [UInt8]) -> [UInt8]? {
    let alphabet = bytes
    var decoded: [UInt8] = []
    decoded.reserveCapacity(entry.count)
    var index = 0
    while index < entry.count {
      let scalar = entry.scalar(at: index, before: entry.count)
      guard scalar.value < 0x144, let byte = UInt8(exactly: alphabet[Int(scalar.value)]) else {
        return nil
      }
      decoded.append(byte)
      index += scalar.length
    }
    return decoded
  }

  /// How a vocabulary writes a byte.
  static func encode(_ byte: UInt8) -> [UInt8] {
    var entry: [UInt8] = []
    entry.append(scalar: scalars[Int(byte)])
    return entry
  }
}
