import CKernels

/// Rows of an activation that a backward pass needs later, in a precision of their own.
@safe public final class KeptRows: @unchecked Sendable {
  // Sendable: written and read by the pass that owns it.

  /// Floats in a row.
  public let width: Int
  private let precision: Precision
  /// The rows; those of bfloat16 take half of the memory.
  private var memory: FloatMatrix

  /// Makes room that grows to what is kept.
  public init(width: Int, precision: Precision) {
    self.width = width
    self.precision = precision
    memory = FloatMatrix(rows: 0, width: width)
  }

  /// The bytes that a number of rows takes.
  public static func byteCount(width: Int, rows: Int, precision: Precision) -> Int {
    rows * width * precision.byteCount
  }

  /// Copies the first rows of a matrix.
  public func keep(_ matrix: borrowing FloatMatrix, rows: Int, threads: Int) {
    precondition(matrix.width == width, "keeping rows of width \(matrix.width) as \(width)")
    let capacity = precision == .f32 ? matrix.rowCapacity : (rows + 1) / 2
    if memory.rowCapacity < capacity { memory = FloatMatrix(rows: capacity, width: width) }
    let width = width
    let isRounded = precision == .bf16
    nonisolated(unsafe) let from = unsafe matrix.pointer(rows: 0..<rows)
    nonisolated(unsafe) let to = unsafe memory.base
    forEachRun(of: rows, threads: threads) { run in
      let start = run.lowerBound * width
      let count = run.count * width
      if isRounded {
        unsafe ck_round_to_bfloat16(
          from + start, UnsafeMutableRawPointer(to) + 2 * start, count)
      } else {
        unsafe (to + start).update(from: from + start, count: count)
      }
    }
  }

  /// Gives the rows back, once: memory is exchanged rather than copied where it can be.
  public func restore(into matrix: inout FloatMatrix, rows: Int, threads: Int) {
    precondition(matrix.width == width, "restoring rows of width \(width) as \(matrix.width)")
    if precision == .f32, memory.rowCapacity >= matrix.rowCapacity {
      swap(&matrix, &memory)
      return
    }
    let width = width
    let isRounded = precision == .bf16
    nonisolated(unsafe) let from = unsafe memory.base
    nonisolated(unsafe) let to = unsafe matrix.pointer(rows: 0..<rows)
    forEachRun(of: rows, threads: threads) { run in
      let start = run.lowerBound * width
      let count = run.count * width
      if isRounded {
        unsafe ck_bfloat16_to_float(UnsafeRawPointer(from) + 2 * start, to + start, count)
      } else {
        unsafe (to + start).update(from: from + start, count: count)
      }
    }
  }
}
