import CKernels

/// Divides each row by its root mean square: `output = input / sqrt(mean(input²) + epsilon)`.
///
/// The learned weight is not applied; see `scaleRows`.
///
/// - Parameters:
///   - input: `[row, width]`.
///   - rows: how many rows.
///   - epsilon: added to the mean square.
///   - output: `[row, width]`, overwritten.
public func rmsNormalize(
  _ input: borrowing FloatMatrix, rows: Int, epsilon: Float, into output: inout FloatMatrix
) {
  precondition(input.width == output.width, "normalizing width \(input.width) into \(output.width)")
  unsafe ck_rms_normalize(
    input.pointer(rows: 0..<rows), output.pointer(rows: 0..<rows), rows, input.width, epsilon)
}

/// Divides each head of each row by its root mean square and multiplies by a shared weight, in place.
///
/// - Parameters:
///   - heads: `[row, head, d_head]`.
///   - rows: how many rows.
///   - weight: `[d_head]`.
///   - epsilon: added to the mean square.
public func rmsNormalizeHeads(
  _ heads: inout FloatMatrix, rows: Int, weight: [Float], epsilon: Float
) {
  precondition(heads.width % weight.count == 0, "heads of \(weight.count) in width \(heads.width)")
  let count = rows * (heads.width / weight.count)
  let base = unsafe heads.pointer(rows: 0..<rows)
  unsafe ck_rms_normalize(base, base, count, weight.count, epsilon)
  unsafe ck_scale_rows(base, weight, base, count, weight.count)
}

/// Multiplies each row by a learned weight, elementwise, in place.
public func scaleRows(_ matrix: inout FloatMatrix, rows: Int, by weight: [Float]) {
  precondition(matrix.width == weight.count, "weight of \(weight.count) for width \(matrix.width)")
  let base = unsafe matrix.pointer(rows: 0..<rows)
  unsafe ck_scale_rows(base, weight, base, rows, matrix.width)
}
