/// Reads the numbers that `scripts/unicode_tables.py` packs into text.
///
/// Base 32, least significant digit first, one character a digit; a digit of 32...63 says that another
/// follows. The text is our own, so a malformed one is a broken promise and traps.
struct PackedNumbers {
  private var digits: Substring.UTF8View

  init(_ text: String) {
    digits = text[...].utf8
  }

  /// The next number, nil at the end.
  mutating func next() -> Int? {
    var number = 0
    var shift = 0
    while let character = digits.popFirst() {
      let digit = Self.value(of: character)
      number |= (digit & 31) << shift
      if digit < 32 { return number }
      shift += 5
    }
    precondition(shift == 0, "a packed number ends after \(shift / 5) digits")
    return nil
  }

  private static func value(of character: UInt8) -> Int {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "-"): 63
    default: preconditionFailure("\(character) is no digit of a packed number")
    }
  }
}
