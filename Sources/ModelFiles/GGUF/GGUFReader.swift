/// Reads the parts of a GGUF header, each bounded by the bytes that are left.
struct GGUFReader: ~Escapable {
  private var cursor: ByteCursor
  private let bytes: Span<UInt8>

  private static let stringLimit: UInt64 = 64 << 20
  private static let arrayLimit: UInt64 = 16_777_216
  private static let keyLimit: UInt64 = 65_535
  private static let nameLimit: UInt64 = 64
  private static let elementLimit = 1 << 48

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    cursor = ByteCursor(bytes)
  }

  var position: Int { cursor.position }
  var remaining: Int { cursor.remaining }

  func problem(_ fault: GGUFFault) -> GGUFProblem {
    GGUFProblem(fault: fault, offset: position)
  }

  /// The magic and the version.
  mutating func checkMagic() throws(GGUFProblem) {
    guard let magic = cursor.next(count: min(4, remaining)), magic == Array("GGUF".utf8) else {
      throw GGUFProblem(
        fault: .magic((0..<min(4, bytes.count)).map { bytes[$0] }), offset: 0)
    }
    let version = try integer(UInt32.self)
    // A version with its small number in the upper half was written with the other byte order.
    guard version == 0 || version & 0xFFFF != 0 else { throw problem(.bigEndian) }
    guard (2...3).contains(version) else { throw problem(.version(version)) }
  }

  mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type
  ) throws(GGUFProblem) -> Integer {
    guard let value = cursor.next(type) else { throw problem(.endsEarly) }
    return value
  }

  /// A metadata key.
  mutating func key() throws(GGUFProblem) -> ByteString {
    let length = try integer(UInt64.self)
    guard (1...Self.keyLimit).contains(length), length <= UInt64(remaining) else {
      throw problem(.keyLength(length))
    }
    let key = ByteString(try take(Int(length)))
    guard NameRule.accepts(key, limit: Int(Self.keyLimit)) else { throw problem(.keyText(key)) }
    return key
  }

  /// A metadata value with the type it was written in.
  mutating func value(
    of key: ByteString
  ) throws(GGUFProblem) -> (value: GGUFValue, type: GGUFValueType) {
    let type = try valueType(of: key)
    let value: GGUFValue
    switch type {
    case .uint8: value = .unsigned(UInt64(try integer(UInt8.self)))
    case .uint16: value = .unsigned(UInt64(try integer(UInt16.self)))
    case .uint32: value = .unsigned(UInt64(try integer(UInt32.self)))
    case .uint64: value = .unsigned(try integer(UInt64.self))
    case .int8: value = .signed(Int64(try integer(Int8.self)))
    case .int16: value = .signed(Int64(try integer(Int16.self)))
    case .int32: value = .signed(Int64(try integer(Int32.self)))
    case .int64: value = .signed(try integer(Int64.self))
    case .float32: value = .float(Double(Float(bitPattern: try integer(UInt32.self))))
    case .float64: value = .float(Double(bitPattern: try integer(UInt64.self)))
    case .bool: value = .bool(try truth(try integer(UInt8.self), key: key))
    case .string: value = .string(ByteString(try take(try stringLength(of: key))))
    case .array: value = try array(of: key)
    }
    return (value, type)
  }

  private mutating func valueType(of key: ByteString) throws(GGUFProblem) -> GGUFValueType {
    let number = try integer(UInt32.self)
    guard let type = GGUFValueType(rawValue: number) else {
      throw problem(.valueType(key: key, type: number))
    }
    return type
  }

  private mutating func array(of key: ByteString) throws(GGUFProblem) -> GGUFValue {
    let type = try valueType(of: key)
    guard type != .array else { throw problem(.nestedArray(key: key)) }
    let count = try integer(UInt64.self)
    guard count <= min(Self.arrayLimit, UInt64(remaining / type.elementSize)) else {
      throw problem(.arrayCount(key: key, count: count))
    }
    guard type == .string else {
      let bytes = try take(Int(count) * type.elementSize)
      if type == .bool {
        for byte in bytes { _ = try truth(byte, key: key) }
      }
      return .numbers(GGUFNumbers(type: type, bytes: bytes))
    }
    let start = position
    var places: [(start: Int, end: Int)] = []
    for _ in 0..<count {
      let length = try stringLength(of: key)
      places.append((position - start, position - start + length))
      _ = cursor.skip(length)
    }
    var region = ByteCursor(bytes, at: start)
    let text = region.next(count: position - start) ?? []
    return .strings(GGUFStrings(bytes: text, places: places))
  }

  private func truth(_ byte: UInt8, key: ByteString) throws(GGUFProblem) -> Bool {
    guard byte <= 1 else { throw problem(.truthValue(key: key, byte: byte)) }
    return byte == 1
  }

  private mutating func stringLength(of key: ByteString) throws(GGUFProblem) -> Int {
    let length = try integer(UInt64.self)
    guard length <= min(Self.stringLimit, UInt64(remaining)) else {
      throw problem(.stringLength(key: key, length: length))
    }
    return Int(length)
  }

  private mutating func take(_ count: Int) throws(GGUFProblem) -> [UInt8] {
    guard let bytes = cursor.next(count: count) else { throw problem(.endsEarly) }
    return bytes
  }

  /// A tensor as listed, before its offset is compared with the file.
  struct Listing {
    let name: ByteString
    let shape: [Int]
    let elementType: ElementType
    let byteCount: Int
    let offset: UInt64
  }

  /// The next entry of the list of tensors.
  mutating func listing() throws(GGUFProblem) -> Listing {
    let length = try integer(UInt64.self)
    guard (1...Self.nameLimit).contains(length) else { throw problem(.tensorNameLength(length)) }
    let name = ByteString(try take(Int(length)))
    guard NameRule.accepts(name) else { throw problem(.tensorName(name)) }
    let shape = try self.shape(of: name)
    let number = try integer(UInt32.self)
    guard let type = ElementType(gguf: number) else {
      throw problem(.elementType(tensor: name, type: number))
    }
    guard type.isReadable else {
      throw problem(.unsupportedType(tensor: name, name: type.name))
    }
    let rowLength = shape.last ?? 1
    guard rowLength % type.elementsPerBlock == 0 else {
      throw problem(.rowLength(tensor: name, length: rowLength, type: type))
    }
    guard
      let count = shape.checkedProduct, count <= Self.elementLimit,
      let byteCount = type.byteCount(elements: count)
    else { throw problem(.tooManyElements(tensor: name)) }
    return Listing(
      name: name, shape: shape, elementType: type, byteCount: byteCount,
      offset: try integer(UInt64.self))
  }

  /// The sizes of a tensor, turned round.
  private mutating func shape(of name: ByteString) throws(GGUFProblem) -> [Int] {
    let count = try integer(UInt32.self)
    guard (1...4).contains(count) else {
      throw problem(.dimensionCount(tensor: name, count: count))
    }
    var shape: [Int] = []
    for _ in 0..<count {
      let size = try integer(UInt64.self)
      guard size <= UInt64(Self.elementLimit) else {
        throw problem(.dimension(tensor: name, size: size))
      }
      shape.append(Int(size))
    }
    return shape.reversed()
  }
}

extension ElementType {
  /// The type behind a GGUF type number, or nil when there is none or it was removed from the format.
  init?(gguf number: UInt32) {
    switch number {
    case 0: self = .f32
    case 1: self = .f16
    case 2: self = .q40
    case 3: self = .q41
    case 6: self = .q50
    case 7: self = .q51
    case 8: self = .q80
    case 10: self = .q2K
    case 11: self = .q3K
    case 12: self = .q4K
    case 13: self = .q5K
    case 14: self = .q6K
    case 30: self = .bf16
    default:
      let others: [UInt32: String] = [
        9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
        20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32",
        27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
        41: "Q1_0",
      ]
      guard let name = others[number] else { return nil }
      // Refused before its size matters.
      self = .unsupported(name: name, bits: 8)
    }
  }
}
