internal import CKernels

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

/// Gates and multiplies: `output = silu(gate) × linear`, elementwise.
///
/// - Parameters:
///   - gate: `[row, d_mlp]`, the gate projection.
///   - linear: `[row, d_mlp]`, the up projection.
///   - rows: how many rows.
///   - output: `[row, d_mlp]`, overwritten.
public func gatedSiLU(
  _ gate: borrowing FloatMatrix, _ linear: borrowing FloatMatrix, rows: Int,
  into output: inout FloatMatrix
) {
  precondition(
    gate.width == linear.width && gate.width == output.width,
    "gating widths \(gate.width), \(linear.width) into \(output.width)")
  let range = 0..<rows
  unsafe ck_gated_silu(
    gate.pointer(rows: range), linear.pointer(rows: range), output.pointer(rows: range),
    rows * gate.width)
}

/// Whether every value of the first rows is finite.
public func allFinite(_ matrix: borrowing FloatMatrix, rows: Int) -> Bool {
  unsafe ck_all_finite(matrix.pointer(rows: 0..<rows), rows * matrix.width) != 0
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
