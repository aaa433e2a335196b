import CKernels

extension ElementType {
  /// Whether weights can be written in this type.
  package var isWritable: Bool { self == .f32 || self == .f16 || self == .bf16 }

  /// Rounds values to 16 bits each, nearest, ties to even.
  ///
  /// - Parameters:
  ///   - source: finite values.
  ///   - destination: room for them.
  /// - Returns: how many values are beyond what the type reaches.
  func encode(_ source: UnsafeBufferPointer<Float>, into destination: inout [UInt16]) -> Int {
    precondition(
      self != .f32 && isWritable && destination.count >= source.count,
      "\(source.count) values are not rounded to \(name) in \(destination.count) places")
    guard let from = source.baseAddress else { return 0 }
    let narrowing = unsafe destination.withUnsafeMutableBytes { bytes in
      unsafe self == .f16
        ? ck_float_to_float16(from, bytes.baseAddress, source.count)
        : ck_float_to_bfloat16(from, bytes.baseAddress, source.count)
    }
    return narrowing.overflowed
  }
}
