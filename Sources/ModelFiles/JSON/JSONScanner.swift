/// Reads strict JSON token by token, so that a large header never has to become a tree.
///
/// Strict means: UTF-8 without a byte order mark, no comments, no trailing commas, no lone surrogates,
/// bounded nesting and string length. Repeated keys are the caller's to refuse, since only it keeps them.
struct JSONScanner: ~Escapable {
  private let bytes: Span<UInt8>
  private let limits: JSONLimits
  private var depth = 0

  /// The next byte to be read.
  private(set) var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, limits: JSONLimits) throws(JSONError) {
    self.bytes = bytes
    self.limits = limits
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
      throw JSONError(offset: 0, reason: .byteOrderMark)
    }
  }

  /// The next byte that is not white space, without consuming it.
  mutating func peek() throws(JSONError) -> UInt8 {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    throw failure(.endsEarly)
  }

  /// Demands that nothing but white space is left.
  mutating func finish() throws(JSONError) {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        throw failure(.trailingContent)
      }
      position += 1
    }
  }

  /// Consumes `[` or `{`.
  mutating func open(_ bracket: UInt8, _ expected: String) throws(JSONError) {
    try consume(bracket, expected)
    depth += 1
    guard depth <= limits.depth else { throw failure(.tooDeep(limit: limits.depth)) }
  }

  /// Consumes the comma before the next element, or the closing bracket, and says which.
  ///
  /// - Returns: whether another element follows.
  mutating func hasNext(first: Bool, closing bracket: UInt8) throws(JSONError) -> Bool {
    let byte = try peek()
    if byte == bracket {
      position += 1
      depth -= 1
      return false
    }
    if first { return true }
    let end = bracket == UInt8(ascii: "}") ? "'}'" : "']'"
    try consume(UInt8(ascii: ","), "a comma or \(end)")
    guard try peek() != bracket else {
      throw failure(.unexpectedByte(bracket, expected: "another element"))
    }
    return true
  }

  /// The next key of an object with its colon, or nil at the end of the object.
  mutating func nextKey(first: Bool) throws(JSONError) -> ByteString? {
    guard try hasNext(first: first, closing: UInt8(ascii: "}")) else { return nil }
    let key = try string()
    try consume(UInt8(ascii: ":"), "a colon")
    return key
  }

  /// Consumes one of the words `true`, `false` and `null`.
  mutating func word(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count else { throw failure(.endsEarly) }
      let expected = unsafe word.utf8Start[offset]
      guard bytes[position] == expected else {
        throw failure(.unexpectedByte(bytes[position], expected: "the word \(word)"))
      }
      position += 1
    }
  }

  /// A number.
  mutating func number() throws(JSONError) -> JSONNumber {
    _ = try peek()
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    guard position < bytes.count else { throw failure(.endsEarly) }
    var magnitude = 0
    var isPlain = true
    if !take(UInt8(ascii: "0")) {
      guard isDigit else { throw failure(.badNumber) }
      while isDigit {
        let (product, over) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] & 15))
        if over || carry { isPlain = false }
        magnitude = sum
        position += 1
      }
    } else if isDigit {
      throw failure(.badNumber)
    }
    if take(UInt8(ascii: ".")) {
      isPlain = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isPlain = false
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      try digits()
    }
    if isPlain, !isNegative { return JSONNumber(integer: magnitude) }
    return JSONNumber(token: copy(start..<position))
  }

  /// A string, with its escapes resolved.
  mutating func string() throws(JSONError) -> ByteString {
    try consume(UInt8(ascii: "\""), "a string")
    let start = position
    try skipPlainText()
    if try current() == UInt8(ascii: "\"") {
      defer { position += 1 }
      return ByteString(try limited(copy(start..<position)))
    }
    var resolved = copy(start..<position)
    while try current() != UInt8(ascii: "\"") {
      try escape(into: &resolved)
      let run = position
      try skipPlainText()
      for index in run..<position { resolved.append(bytes[index]) }
      resolved = try limited(resolved)
    }
    position += 1
    return ByteString(resolved)
  }
}

extension JSONScanner {
  func failure(_ reason: JSONError.Reason) -> JSONError {
    JSONError(offset: position, reason: reason)
  }

  private mutating func consume(_ byte: UInt8, _ expected: String) throws(JSONError) {
    let found = try peek()
    guard found == byte else { throw failure(.unexpectedByte(found, expected: expected)) }
    position += 1
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private var isDigit: Bool {
    position < bytes.count && bytes[position] >= UInt8(ascii: "0")
      && bytes[position] <= UInt8(ascii: "9")
  }

  private mutating func digits() throws(JSONError) {
    guard position < bytes.count else { throw failure(.endsEarly) }
    guard isDigit else { throw failure(.badNumber) }
    while isDigit { position += 1 }
  }

  private func current() throws(JSONError) -> UInt8 {
    guard position < bytes.count else { throw failure(.endsEarly) }
    return bytes[position]
  }

  private func copy(_ range: Range<Int>) -> [UInt8] {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
  }

  private func limited(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
    guard text.count <= limits.stringBytes else {
      throw failure(.stringTooLong(limit: limits.stringBytes))
    }
    return text
  }

  /// Moves to the next quote or backslash, checking UTF-8 on the way.
  private mutating func skipPlainText() throws(JSONError) {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      guard byte >= 0x20 else { throw failure(.controlCharacter(byte)) }
      if byte < 0x80 {
        position += 1
      } else {
        guard let length = UTF8Scalar.length(at: position, in: bytes) else {
          throw failure(.invalidUTF8)
        }
        position += length
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    position += 1
    let byte = try current()
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimalUnit()
      if (0xD800...0xDBFF).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
          throw failure(.loneSurrogate)
        }
        let low = try hexadecimalUnit()
        guard (0xDC00...0xDFFF).contains(low) else { throw failure(.loneSurrogate) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure(.loneSurrogate) }
      text.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default:
      position -= 1
      throw failure(.badEscape(byte))
    }
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = try current()
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure(.badEscape(byte))
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
