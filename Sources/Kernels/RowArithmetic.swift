import CKernels

/// Adds a bias `[width]` to each row in place.
public func addBias(_ bias: [Float], to matrix: inout FloatMatrix, rows: Int) {
  precondition(matrix.width == bias.count, "bias of \(bias.count) for width \(matrix.width)")
  unsafe ck_add_bias(matrix.pointer(rows: 0..<rows), bias, rows, matrix.width)
}

/// target += addend for the first rows.
public func add(_ addend: borrowing FloatMatrix, to target: inout FloatMatrix, rows: Int) {
  precondition(addend.width == target.width, "adding width \(addend.width) to \(target.width)")
  unsafe ck_add(
    target.pointer(rows: 0..<rows), addend.pointer(rows: 0..<rows), rows * target.width)
}

/// Gates and multiplies in place: `gate = silu(gate) × linear`, elementwise.
///
/// - Parameters:
///   - gate: `[row, d_mlp]`, the gate projection; overwritten.
///   - linear: `[row, d_mlp]`, the up projection.
///   - rows: how many rows.
public func gateSiLU(
  _ gate: inout FloatMatrix, with linear: borrowing FloatMatrix, rows: Int
) {
  precondition(gate.width == linear.width, "gating width \(gate.width) with \(linear.width)")
  let base = unsafe gate.pointer(rows: 0..<rows)
  unsafe ck_gated_silu(base, linear.pointer(rows: 0..<rows), base, rows * gate.width)
}

/// The dot product of two vectors of the same length.
public func dot(_ left: Span<Float>, _ right: Span<Float>) -> Float {
  precondition(left.count == right.count, "dot of \(left.count) and \(right.count) values")
  return unsafe left.withUnsafeBufferPointer { a in
    unsafe right.withUnsafeBufferPointer { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
      return unsafe ck_dot(a, b, left.count)
    }
  }
}

/// target += scale × addend, elementwise.
public func addScaled(_ addend: Span<Float>, scale: Float, to target: inout MutableSpan<Float>) {
  precondition(addend.count == target.count, "adding \(addend.count) to \(target.count) values")
  let count = target.count
  unsafe target.withUnsafeMutableBufferPointer { to in
    unsafe addend.withUnsafeBufferPointer { from in
      guard let to = to.baseAddress, let from = from.baseAddress else { return }
      unsafe ck_add_scaled(to, from, scale, count)
    }
  }
}
