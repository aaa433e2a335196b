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
///   - threads: how many threads divide the rows.
public func rmsNormalize(
  _ input: borrowing FloatMatrix, rows: Int, epsilon: Float, into output: inout FloatMatrix,
  threads: Int = 1
) {
  precondition(input.width == output.width, "normalizing width \(input.width) into \(output.width)")
  let width = input.width
  nonisolated(unsafe) let source = unsafe input.pointer(rows: 0..<rows)
  nonisolated(unsafe) let target = unsafe output.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * width
    unsafe ck_rms_normalize(source + start, target + start, run.count, width, epsilon)
  }
}

/// Turns the derivative by the output of `rmsNormalize` into the derivative by its input.
///
/// - Parameters:
///   - input: `[row, width]`, what was normalized.
///   - gradient: `[row, width]`, the derivative by the output.
///   - rows: how many rows.
///   - epsilon: added to the mean square.
///   - inputGradient: `[row, width]`, added to.
///   - threads: how many threads divide the rows.
public func rmsNormalizeBackward(
  _ input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, rows: Int, epsilon: Float,
  addingTo inputGradient: inout FloatMatrix, threads: Int = 1
) {
  let width = input.width
  precondition(
    gradient.width == width && inputGradient.width == width,
    "normalizing width \(width) back from \(gradient.width) to \(inputGradient.width)")
  nonisolated(unsafe) let x = unsafe input.pointer(rows: 0..<rows)
  nonisolated(unsafe) let from = unsafe gradient.pointer(rows: 0..<rows)
  nonisolated(unsafe) let to = unsafe inputGradient.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * width
    unsafe ck_rms_normalize_backward(
      x + start, from + start, to + start, run.count, width, epsilon, 1)
  }
}

/// Divides each head of each row by its root mean square and multiplies by a shared weight, in place.
///
/// - Parameters:
///   - heads: `[row, head, d_head]`.
///   - rows: how many rows.
///   - weight: `[d_head]`.
///   - epsilon: added to the mean square.
///   - threads: how many threads divide the rows.
public func rmsNormalizeHeads(
  _ heads: inout FloatMatrix, rows: Int, weight: [Float], epsilon: Float, threads: Int = 1
) {
  precondition(heads.width % weight.count == 0, "heads of \(weight.count) in width \(heads.width)")
  let perRow = heads.width / weight.count
  nonisolated(unsafe) let base = unsafe heads.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = unsafe base + run.lowerBound * perRow * weight.count
    unsafe ck_rms_normalize(start, start, run.count * perRow, weight.count, epsilon)
    unsafe ck_scale_rows(start, weight, start, run.count * perRow, weight.count)
  }
}

/// Turns the derivative by the output of `rmsNormalizeHeads` into the derivative by its input, in place.
///
/// - Parameters:
///   - input: `[row, head, d_head]`, what was normalized.
///   - gradient: `[row, head, d_head]`, in place.
///   - rows: how many rows.
///   - weight: `[d_head]`.
///   - epsilon: added to the mean square.
///   - weightGradient: holds `[1, d_head]`, added to; nil where it is not wanted.
///   - threads: how many threads divide the rows.
public func rmsNormalizeHeadsBackward(
  _ input: borrowing FloatMatrix, gradient: inout FloatMatrix, rows: Int, weight: [Float],
  epsilon: Float, addingTo weightGradient: (any TensorGradient)?, threads: Int = 1
) {
  let dHead = weight.count
  precondition(
    input.width == gradient.width && input.width % dHead == 0,
    "heads of \(dHead) in width \(input.width) and \(gradient.width)")
  let perRow = input.width / dHead
  nonisolated(unsafe) let x = unsafe input.pointer(rows: 0..<rows)
  nonisolated(unsafe) let base = unsafe gradient.pointer(rows: 0..<rows)
  if let weightGradient {
    let normalized = FloatMatrix(rows: rows, width: input.width)
    unsafe ck_rms_normalize(x, normalized.base, rows * perRow, dHead, epsilon)
    weightGradient.withGradient { target in
      unsafe ck_scale_rows_backward(
        normalized.base, base, target.base, rows * perRow, dHead, 0, dHead)
    }
  }
  forEachRun(of: rows, threads: threads) { run in
    let start = run.lowerBound * perRow * dHead
    unsafe ck_scale_rows(base + start, weight, base + start, run.count * perRow, dHead)
    unsafe ck_rms_normalize_backward(
      x + start, base + start, base + start, run.count * perRow, dHead, epsilon, 0)
  }
}

/// Multiplies each row by a learned weight, elementwise, in place.
public func scaleRows(
  _ matrix: inout FloatMatrix, rows: Int, by weight: [Float], threads: Int = 1
) {
  precondition(matrix.width == weight.count, "weight of \(weight.count) for width \(matrix.width)")
  let width = matrix.width
  nonisolated(unsafe) let base = unsafe matrix.pointer(rows: 0..<rows)
  forEachRun(of: rows, threads: threads) { run in
    let start = unsafe base + run.lowerBound * width
    unsafe ck_scale_rows(start, weight, start, run.count, width)
  }
}

/// Adds the derivative by the weight of `scaleRows` to a weight's gradient `[1, width]`, rows in order.
///
/// - Parameters:
///   - input: `[row, width]`, what was scaled.
///   - gradient: `[row, width]`, the derivative by the output.
///   - rows: how many rows.
///   - weightGradient: `[1, width]`, added to.
///   - threads: how many threads divide the columns.
public func scaleRowsBackward(
  _ input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, rows: Int,
  addingTo weightGradient: inout FloatMatrix, threads: Int = 1
) {
  let width = input.width
  precondition(
    gradient.width == width && weightGradient.width == width,
    "scaling width \(width) back from \(gradient.width) to \(weightGradient.width)")
  nonisolated(unsafe) let x = unsafe input.pointer(rows: 0..<rows)
  nonisolated(unsafe) let from = unsafe gradient.pointer(rows: 0..<rows)
  nonisolated(unsafe) let to = unsafe weightGradient.pointer(rows: 0..<1)
  forEachRun(of: width, threads: threads) { run in
    unsafe ck_scale_rows_backward(x, from, to, rows, width, run.lowerBound, run.count)
  }
}
