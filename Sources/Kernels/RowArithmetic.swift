import CKernels

/// Adds a bias `[width]` to each row in place.
public func addBias(_ bias: [Float], to matrix: inout FloatMatrix, rows: Int) {
  precondition(matrix.width == bias.count, "bias of \(bias.count) for width \(matrix.width)")
  unsafe ck_add_bias(matrix.pointer(rows: 0..<rows), bias, rows, matrix.width)
}

/// Adds the derivative by the bias of `addBias` to a bias's gradient `[1, width]`: the sum of all rows, in
/// order.
public func addBiasBackward(
  _ gradient: borrowing FloatMatrix, rows: Int, addingTo biasGradient: inout FloatMatrix,
  threads: Int = 1
) {
  let width = gradient.width
  precondition(biasGradient.width == width, "bias of \(biasGradient.width) for width \(width)")
  nonisolated(unsafe) let from = unsafe gradient.pointer(rows: 0..<rows)
  nonisolated(unsafe) let to = unsafe biasGradient.pointer(rows: 0..<1)
  forEachRun(of: width, threads: threads) { run in
    unsafe ck_add_row_sums(from, to, rows, width, run.lowerBound, run.count)
  }
}

/// target += addend for the first rows.
public func add(
  _ addend: borrowing FloatMatrix, to target: inout FloatMatrix, rows: Int, threads: Int = 1
) {
  precondition(addend.width == target.width, "adding width \(addend.width) to \(target.width)")
  let width = target.width
  nonisolated(unsafe) let from = unsafe addend.pointer(rows: 0..<rows)
  nonisolated(unsafe) let to = unsafe target.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * width
    unsafe ck_add(to + start, from + start, run.count * width)
  }
}

/// Gates and multiplies in place: `gate = silu(gate) × linear`, elementwise.
///
/// - Parameters:
///   - gate: `[row, d_mlp]`, the gate projection; overwritten.
///   - linear: `[row, d_mlp]`, the up projection.
///   - rows: how many rows.
///   - threads: how many threads divide the rows.
public func gateSiLU(
  _ gate: inout FloatMatrix, with linear: borrowing FloatMatrix, rows: Int, threads: Int = 1
) {
  precondition(gate.width == linear.width, "gating width \(gate.width) with \(linear.width)")
  let width = gate.width
  nonisolated(unsafe) let base = unsafe gate.pointer(rows: 0..<rows)
  nonisolated(unsafe) let other = unsafe linear.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * width
    unsafe ck_gated_silu(base + start, other + start, base + start, run.count * width)
  }
}

/// Replaces the inputs of `gateSiLU` by the derivatives by them, and the derivative by the output by the
/// output.
///
/// - Parameters:
///   - gate: `[row, d_mlp]`, the gate projection.
///   - linear: `[row, d_mlp]`, the up projection.
///   - gradient: `[row, d_mlp]`, the derivative by the output.
///   - rows: how many rows.
///   - threads: how many threads divide the rows.
public func gateSiLUBackward(
  _ gate: inout FloatMatrix, _ linear: inout FloatMatrix, gradient: inout FloatMatrix, rows: Int,
  threads: Int = 1
) {
  let width = gate.width
  precondition(
    linear.width == width && gradient.width == width,
    "gating width \(width) with \(linear.width), back from \(gradient.width)")
  nonisolated(unsafe) let g = unsafe gate.pointer(rows: 0..<rows)
  nonisolated(unsafe) let l = unsafe linear.pointer(rows: 0..<rows)
  nonisolated(unsafe) let d = unsafe gradient.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * width
    unsafe ck_gated_silu_backward(g + start, l + start, d + start, run.count * width)
  }
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
