import CKernels

/// How a store writes one activation value.
public enum StoredType: String, Sendable, CaseIterable {
  /// IEEE single precision.
  case f32
  /// IEEE half precision, largest value 65,504.
  case f16
  /// bfloat16: the upper half of a single.
  case bf16

  /// The name numerical libraries have for it.
  public var name: String {
    switch self {
    case .f32: "float32"
    case .f16: "float16"
    case .bf16: "bfloat16"
    }
  }

  /// The bytes of one value.
  public var byteCount: Int { hdf5.byteCount }

  /// The largest finite value.
  var largest: Float {
    switch self {
    case .f32: .greatestFiniteMagnitude
    case .f16: 65_504
    case .bf16: Float(bitPattern: 0x7F7F_0000)
    }
  }

  var hdf5: HDF5Type {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    }
  }

  /// Rounds values to this type, to nearest even, and says what was met.
  ///
  /// - Parameters:
  ///   - values: the values.
  ///   - destination: room for as many.
  /// - Returns: how many were not finite, and how many became infinite.
  func narrow(
    _ values: Span<Float>, into destination: UnsafeMutableRawBufferPointer
  ) -> ck_narrowing {
    precondition(
      destination.count == values.count * byteCount,
      "\(destination.count) bytes for \(values.count) values")
    return unsafe values.withUnsafeBufferPointer { values in
      switch self {
      case .f32:
        unsafe destination.copyMemory(from: UnsafeRawBufferPointer(values))
        return unsafe ck_narrowing(
          non_finite: ck_count_non_finite(values.baseAddress, values.count), overflowed: 0)
      case .f16:
        return unsafe ck_float_to_float16(
          values.baseAddress, destination.baseAddress, values.count)
      case .bf16:
        return unsafe ck_float_to_bfloat16(
          values.baseAddress, destination.baseAddress, values.count)
      }
    }
  }

  /// Widens values of this type; exact.
  func widen(_ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Float>) {
    precondition(
      bytes.count == values.count * byteCount,
      "\(bytes.count) bytes for \(values.count) values")
    switch self {
    case .f32: unsafe UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
    case .f16: unsafe ck_float16_to_float(bytes.baseAddress, values.baseAddress, values.count)
    case .bf16: unsafe ck_bfloat16_to_float(bytes.baseAddress, values.baseAddress, values.count)
    }
  }
}
