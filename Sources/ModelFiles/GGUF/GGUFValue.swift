/// A value of a GGUF file's metadata.
public enum GGUFValue: Sendable, Equatable {
  /// An unsigned integer of any width.
  case unsigned(UInt64)
  /// A signed integer of any width.
  case signed(Int64)
  /// A floating-point number of either width.
  case float(Double)
  /// A truth value.
  case bool(Bool)
  /// A string.
  case string(ByteString)
  /// An array of strings.
  case strings(GGUFStrings)
  /// An array of numbers or truth values.
  case numbers(GGUFNumbers)

  /// What kind of value this is, in words, for messages.
  var kindName: String {
    switch self {
    case .unsigned: "an unsigned integer"
    case .signed: "a signed integer"
    case .float: "a floating-point number"
    case .bool: "a truth value"
    case .string: "a string"
    case .strings: "an array of strings"
    case .numbers: "an array of numbers"
    }
  }
}

/// The types that metadata values have in a GGUF file, with the numbers the file gives them.
enum GGUFValueType: UInt32, Sendable {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case string = 8
  case array = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// The fewest bytes an element of an array takes.
  var elementSize: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .string, .array, .uint64, .int64, .float64: 8
    }
  }
}

/// Strings of an array, kept end to end as they lie in the file and cut out when asked for.
///
/// A vocabulary has a hundred thousand of them; an array each would cost more than parsing the file.
public struct GGUFStrings: Sendable {
  private let bytes: [UInt8]
  /// Where each string's text starts and ends.
  private let places: [(start: Int, end: Int)]

  init(bytes: [UInt8], places: [(start: Int, end: Int)]) {
    self.bytes = bytes
    self.places = places
  }

  /// Keeps strings that did not come from a file.
  public init(_ strings: [ByteString]) {
    var bytes: [UInt8] = []
    var places: [(start: Int, end: Int)] = []
    for string in strings {
      places.append((bytes.count, bytes.count + string.bytes.count))
      bytes.append(contentsOf: string.bytes)
    }
    self.init(bytes: bytes, places: places)
  }

  /// The number of bytes of one string.
  public func byteCount(at index: Int) -> Int {
    places[index].end - places[index].start
  }
}

extension GGUFStrings: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { places.count }

  public subscript(index: Int) -> ByteString {
    ByteString(bytes[places[index].start..<places[index].end])
  }
}

extension GGUFStrings: Equatable {
  public static func == (left: GGUFStrings, right: GGUFStrings) -> Bool {
    left.elementsEqual(right)
  }
}

/// Numbers of an array, kept as they lie in the file.
public struct GGUFNumbers: Sendable, Equatable {
  let type: GGUFValueType
  let bytes: [UInt8]

  /// The number of elements.
  public var count: Int { bytes.count / type.elementSize }

  /// The elements as integers, or nil when they are not integers that fit.
  public var integers: [Int]? {
    switch type {
    case .uint8: elements(UInt8.self)
    case .int8: elements(Int8.self)
    case .uint16: elements(UInt16.self)
    case .int16: elements(Int16.self)
    case .uint32: elements(UInt32.self)
    case .int32: elements(Int32.self)
    case .uint64: elements(UInt64.self)
    case .int64: elements(Int64.self)
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// The elements as Float, or nil when they are not floating-point numbers.
  public var floats: [Float]? {
    var cursor = ByteCursor(bytes.span)
    var floats: [Float] = []
    floats.reserveCapacity(count)
    switch type {
    case .float32:
      while let bits = cursor.next(UInt32.self) { floats.append(Float(bitPattern: bits)) }
    case .float64:
      while let bits = cursor.next(UInt64.self) { floats.append(Float(Double(bitPattern: bits))) }
    default: return nil
    }
    return floats
  }

  private func elements<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type)
    -> [Int]?
  {
    var cursor = ByteCursor(bytes.span)
    var integers: [Int] = []
    integers.reserveCapacity(count)
    while let integer = cursor.next(type) {
      guard let value = Int(exactly: integer) else { return nil }
      integers.append(value)
    }
    return integers
  }
}
