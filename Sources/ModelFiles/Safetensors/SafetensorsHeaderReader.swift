/// Reads the parts of a safetensors header and turns JSON errors into faults.
struct SafetensorsHeaderReader: ~Escapable {
  private var scanner: JSONScanner

  private static let dimensionLimit = 8
  private static let largestDimension = 1 << 48 - 1

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) throws(SafetensorsFault) {
    do { scanner = try JSONScanner(bytes, limits: .default) } catch { throw .header(error) }
  }

  mutating func open() throws(SafetensorsFault) {
    do { try scanner.open(UInt8(ascii: "{"), "an object") } catch { throw .header(error) }
  }

  mutating func nextKey(first: Bool) throws(SafetensorsFault) -> ByteString? {
    do { return try scanner.nextKey(first: first) } catch { throw .header(error) }
  }

  mutating func finish() throws(SafetensorsFault) {
    do { try scanner.finish() } catch { throw .header(error) }
  }

  /// The object of strings under `__metadata__`.
  mutating func metadata() throws(SafetensorsFault) -> [ByteString: ByteString] {
    var entries: [ByteString: ByteString] = [:]
    var byteCount = 0
    try open()
    while let key = try nextKey(first: entries.isEmpty) {
      guard try peek() == UInt8(ascii: "\"") else { throw .metadataValue(key: key) }
      let value = try string()
      byteCount += key.bytes.count + value.bytes.count
      guard entries.updateValue(value, forKey: key) == nil else { throw .repeatedMetadata(key) }
      guard
        entries.count <= SafetensorsHeader.metadataEntryLimit,
        byteCount <= SafetensorsHeader.metadataByteLimit
      else { throw .metadataTooLarge(entries: entries.count, bytes: byteCount) }
    }
    return entries
  }

  /// The object that describes one tensor.
  mutating func tensor(
    _ name: ByteString, dataStart: Int
  ) throws(SafetensorsFault) -> StoredTensor {
    var type: ElementType?
    var shape: [Int]?
    var offsets: Range<Int>?
    try open()
    var isFirst = true
    while let field = try nextKey(first: isFirst) {
      isFirst = false
      switch field {
      case "dtype" where type == nil: type = try elementType(of: name)
      case "shape" where shape == nil: shape = try self.shape(of: name)
      case "data_offsets" where offsets == nil: offsets = try self.offsets(of: name)
      case "dtype", "shape", "data_offsets": throw .repeatedField(tensor: name, field: field)
      default: throw .unknownField(tensor: name, field: field)
      }
    }
    guard let type else { throw .missingField(tensor: name, field: "dtype") }
    guard let shape else { throw .missingField(tensor: name, field: "shape") }
    guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
    guard let count = shape.checkedProduct else { throw .tooManyBytes(tensor: name) }
    guard !count.multipliedReportingOverflow(by: type.bitsPerBlock).overflow else {
      throw .tooManyBytes(tensor: name)
    }
    guard let expected = type.byteCount(elements: count) else { throw .partialByte(tensor: name) }
    guard offsets.count == expected else {
      throw .byteCount(tensor: name, found: offsets.count, expected: expected)
    }
    let (offset, overflow) = dataStart.addingReportingOverflow(offsets.lowerBound)
    guard !overflow, !offset.addingReportingOverflow(expected).overflow else {
      throw .offsets(tensor: name)
    }
    return StoredTensor(
      name: name, shape: shape, elementType: type, fileIndex: 0, offset: offset,
      byteCount: expected, rowOrder: .plain)
  }

  private mutating func elementType(of name: ByteString) throws(SafetensorsFault) -> ElementType {
    let text = try string()
    guard let type = ElementType(safetensors: text.string) else {
      throw .unknownType(tensor: name, type: text)
    }
    return type
  }

  private mutating func shape(of name: ByteString) throws(SafetensorsFault) -> [Int] {
    let numbers = try self.numbers(limit: Self.dimensionLimit)
    guard numbers.count <= Self.dimensionLimit else {
      throw .tooManyDimensions(tensor: name)
    }
    var shape: [Int] = []
    for number in numbers {
      guard let size = number.int, (0...Self.largestDimension).contains(size) else {
        throw .dimension(tensor: name, text: ByteString(number.text).description)
      }
      shape.append(size)
    }
    return shape
  }

  private mutating func offsets(of name: ByteString) throws(SafetensorsFault) -> Range<Int> {
    let numbers = try self.numbers(limit: 2)
    guard
      numbers.count == 2, let begin = numbers[0].int, let end = numbers[1].int,
      begin >= 0, begin <= end
    else { throw .offsets(tensor: name) }
    return begin..<end
  }

  /// An array of numbers; it stops at one more than the limit, which the caller refuses.
  private mutating func numbers(limit: Int) throws(SafetensorsFault) -> [JSONNumber] {
    do {
      var numbers: [JSONNumber] = []
      try scanner.open(UInt8(ascii: "["), "an array")
      while try scanner.hasNext(first: numbers.isEmpty, closing: UInt8(ascii: "]")) {
        numbers.append(try scanner.number())
        if numbers.count > limit { break }
      }
      return numbers
    } catch {
      throw .header(error)
    }
  }

  private mutating func peek() throws(SafetensorsFault) -> UInt8 {
    do { return try scanner.peek() } catch { throw .header(error) }
  }

  private mutating func string() throws(SafetensorsFault) -> ByteString {
    do { return try scanner.string() } catch { throw .header(error) }
  }
}

extension ElementType {
  /// The type of a safetensors dtype, or nil when the format has no such one.
  init?(safetensors name: String) {
    switch name {
    case "F32": self = .f32
    case "F16": self = .f16
    case "BF16": self = .bf16
    case "F4": self = .unsupported(name: name, bits: 4)
    case "F6_E2M3", "F6_E3M2": self = .unsupported(name: name, bits: 6)
    case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ":
      self = .unsupported(name: name, bits: 8)
    case "U16", "I16": self = .unsupported(name: name, bits: 16)
    case "U32", "I32": self = .unsupported(name: name, bits: 32)
    case "U64", "I64", "F64", "C64": self = .unsupported(name: name, bits: 64)
    default: return nil
    }
  }
}
