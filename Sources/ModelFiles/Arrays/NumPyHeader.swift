/// What the start of an `.npy` file says about its array.
struct NumPyHeader: Equatable {
  let element: ArrayElement
  let shape: [Int]
  /// The bytes before the first number.
  let byteCount: Int

  /// The bytes that are needed to know how long a header is.
  static let startByteCount = 12
  private static let longest = 65_536
  private static let dimensionLimit = 8
  private static let largestDimension = 1 << 48 - 1

  /// How many bytes the header has, from the first ``startByteCount`` of them.
  static func byteCount(start: [UInt8]) throws(NumPyProblem) -> Int {
    var cursor = ByteCursor(start.span)
    guard
      cursor.next(count: 6) == [0x93] + Array("NUMPY".utf8), let major = cursor.next(UInt8.self),
      cursor.skip(1)
    else { throw NumPyProblem("it does not start as NumPy's files do") }
    let length: Int?
    switch major {
    case 1: length = cursor.next(UInt16.self).map { 10 + Int($0) }
    case 2, 3: length = cursor.next(UInt32.self).map { 12 + Int($0) }
    default: throw NumPyProblem("its format version is \(major), and 1 to 3 are read")
    }
    guard let length, length <= longest else {
      throw NumPyProblem("its header is longer than \(longest) bytes")
    }
    return length
  }

  /// Reads a whole header: a dictionary as Python writes it, with exactly three keys.
  init(_ bytes: [UInt8]) throws(NumPyProblem) {
    let start = bytes.count > 6 && bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start, bytes.allSatisfy({ $0 < 0x80 || $0 == 0x93 }) else {
      throw NumPyProblem("its header is no plain text")
    }
    var text = PythonText(bytes[start...])
    var description: String?
    var isFortran: Bool?
    var shape: [Int]?
    try text.demand("{")
    while !text.skip("}") {
      let key = try text.string()
      try text.demand(":")
      switch key {
      case "descr" where description == nil: description = try text.string()
      case "fortran_order" where isFortran == nil: isFortran = try text.truth()
      case "shape" where shape == nil:
        shape = try text.tuple(limit: Self.dimensionLimit, largest: Self.largestDimension)
      default: throw NumPyProblem("its header has the key \(ByteString(key)) once too often")
      }
      guard text.skip(",") || text.isAt("}") else {
        throw NumPyProblem("its header is no dictionary of Python's")
      }
    }
    guard text.isAtEnd, let description, let isFortran, let shape else {
      throw NumPyProblem("its header lacks descr, fortran_order or shape")
    }
    guard let element = ArrayElement(numpy: description) else {
      throw NumPyProblem(
        "its dtype is \(ByteString(description)), and float16, float32, float64, int32, int64 and uint8 "
          + "in little-endian order are read")
    }
    guard !isFortran || shape.count < 2 else {
      throw NumPyProblem("it is in Fortran's order; save numpy.ascontiguousarray of it")
    }
    self.element = element
    self.shape = shape
    byteCount = bytes.count
  }
}

/// What is wrong with an `.npy` file, as the end of a sentence.
struct NumPyProblem: Error {
  let text: String

  init(_ text: String) {
    self.text = text
  }
}

/// The few things of Python's notation that a header has.
private struct PythonText {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  var isAtEnd: Bool {
    rest.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  mutating func isAt(_ text: String) -> Bool {
    skipSpaces()
    return rest.starts(with: text.utf8)
  }

  mutating func skip(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  mutating func demand(_ text: String) throws(NumPyProblem) {
    guard skip(text) else { throw NumPyProblem("its header has no \(text) where one is needed") }
  }

  mutating func string() throws(NumPyProblem) -> String {
    let quote = isAt("\"") ? "\"" : "'"
    try demand(quote)
    let text = rest.prefix { $0 != quote.utf8.first }
    rest = rest.dropFirst(text.count)
    try demand(quote)
    return String(decoding: text, as: UTF8.self)
  }

  mutating func truth() throws(NumPyProblem) -> Bool {
    if skip("True") { return true }
    try demand("False")
    return false
  }

  mutating func tuple(limit: Int, largest: Int) throws(NumPyProblem) -> [Int] {
    var numbers: [Int] = []
    try demand("(")
    while !skip(")") {
      skipSpaces()
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard
        let number = Int(String(decoding: digits, as: UTF8.self)), number <= largest,
        numbers.count < limit
      else { throw NumPyProblem("its shape is none that an array here can have") }
      numbers.append(number)
      rest = rest.dropFirst(digits.count)
      guard skip(",") || isAt(")") else {
        throw NumPyProblem("its shape is no tuple of Python's")
      }
    }
    return numbers
  }
}
