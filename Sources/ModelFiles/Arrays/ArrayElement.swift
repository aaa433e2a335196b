import CKernels

/// The types of numbers that arrays of other tools are read in.
public enum ArrayElement: Sendable, Equatable {
  case float16
  case bfloat16
  case float32
  case float64
  case int32
  case int64
  case uint8

  /// The name that messages use.
  public var name: String {
    switch self {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    }
  }

  /// The bytes of one number.
  public var byteCount: Int {
    switch self {
    case .uint8: 1
    case .float16, .bfloat16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// Whether the numbers have a fraction.
  public var isFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .int32, .int64, .uint8: false
    }
  }

  /// The type of a safetensors tensor; nil for one that is not read.
  init?(_ type: ElementType) {
    switch type.name {
    case "F16": self = .float16
    case "BF16": self = .bfloat16
    case "F32": self = .float32
    case "F64": self = .float64
    case "I32": self = .int32
    case "I64": self = .int64
    case "U8": self = .uint8
    default: return nil
    }
  }

  /// The type that NumPy describes so; nil for one that is not read, such as any in big-endian order.
  init?(numpy description: String) {
    switch description {
    case "<f2": self = .float16
    case "<f4": self = .float32
    case "<f8": self = .float64
    case "<i4": self = .int32
    case "<i8": self = .int64
    case "|u1": self = .uint8
    default: return nil
    }
  }

  /// The values of little-endian floats; a float64 is rounded, and infinite where it is too large.
  ///
  /// - Precondition: this is a floating-point type and the bytes are whole numbers of it.
  func floats(_ bytes: [UInt8]) -> [Float] {
    let count = bytes.count / byteCount
    precondition(isFloat && bytes.count % byteCount == 0, "\(bytes.count) bytes as \(name)")
    return unsafe [Float](unsafeUninitializedCapacity: count) { values, initialized in
      unsafe bytes.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = values.baseAddress else { return }
        switch self {
        case .float16: unsafe ck_float16_to_float(from, to, count)
        case .bfloat16: unsafe ck_bfloat16_to_float(from, to, count)
        case .float32:
          unsafe UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
        case .float64:
          for index in 0..<count {
            unsafe (to + index).initialize(
              to: Float(source.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)))
          }
        case .int32, .int64, .uint8: break
        }
      }
      initialized = count
    }
  }

  /// The values of little-endian integers.
  ///
  /// - Precondition: this is an integer type and the bytes are whole numbers of it.
  func integers(_ bytes: [UInt8]) -> [Int] {
    precondition(!isFloat && bytes.count % byteCount == 0, "\(bytes.count) bytes as \(name)")
    var cursor = ByteCursor(bytes.span)
    var integers: [Int] = []
    integers.reserveCapacity(bytes.count / byteCount)
    while let integer = next(from: &cursor) { integers.append(integer) }
    return integers
  }

  private func next(from cursor: inout ByteCursor) -> Int? {
    switch self {
    case .int32: cursor.next(Int32.self).map { Int($0) }
    case .int64: cursor.next(Int64.self).map { Int($0) }
    case .uint8: cursor.next(UInt8.self).map { Int($0) }
    case .float16, .bfloat16, .float32, .float64: nil
    }
  }
}
