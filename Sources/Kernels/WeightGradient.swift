internal import COpenBLAS

/// Adds the derivative by the weights of `output = input × weightsᵀ`: `gradientᵀ × input`.
///
/// BLAS must be single-threaded. How the work is cut depends on the shape alone.
///
/// - Parameters:
///   - input: `[row, in]`.
///   - gradient: `[row, out]`, the derivative by the output.
///   - rows: how many rows.
///   - weightGradient: `[out, in]`, added to.
///   - threads: how many threads divide the rows of the weights.
public func addWeightGradient(
  input: borrowing FloatMatrix, gradient: borrowing FloatMatrix, rows: Int,
  to weightGradient: inout FloatMatrix, threads: Int
) {
  let (inner, columns) = (input.width, gradient.width)
  precondition(
    weightGradient.width == inner && weightGradient.rowCapacity == columns,
    "gradient of \(columns) × \(inner) to \(weightGradient.rowCapacity) × \(weightGradient.width)")
  if rows == 0 { return }
  nonisolated(unsafe) let x = unsafe input.pointer(rows: 0..<rows)
  nonisolated(unsafe) let from = unsafe gradient.pointer(rows: 0..<rows)
  nonisolated(unsafe) let to = unsafe weightGradient.base
  let size = min(max(96, (columns / 16 + 15) / 16 * 16), 1024)
  parallelFor(count: (columns + size - 1) / size, threads: threads) { index in
    let first = index * size
    let count = min(size, columns - first)
    unsafe cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(count), Int32(inner), Int32(rows), 1,
      from + first, Int32(columns), x, Int32(inner), 1, to + first * inner, Int32(inner))
  }
}
