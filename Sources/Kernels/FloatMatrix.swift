import CKernels

/// Owned row-major float storage, `[row, width]`, 64-byte aligned.
///
/// Rows beyond those in use are capacity. New storage is zero.
@safe public struct FloatMatrix: ~Copyable, @unchecked Sendable {
  // Sendable although it holds a pointer: the pointer is owned by this value alone, and the value cannot
  // be copied, so the usual exclusivity rules cover the memory.

  /// How many rows there is room for.
  public let rowCapacity: Int
  /// Floats in a row.
  public let width: Int
  package let base: UnsafeMutablePointer<Float>
  private let memory: OwnedMemory

  /// Makes zeroed storage.
  public init(rows: Int, width: Int) {
    precondition(rows >= 0 && width >= 0, "FloatMatrix of \(rows) × \(width)")
    let (count, overflow) = rows.multipliedReportingOverflow(by: width)
    precondition(!overflow, "FloatMatrix of \(rows) × \(width) is too large")
    self.rowCapacity = rows
    self.width = width
    unsafe memory = OwnedMemory(byteCount: count * MemoryLayout<Float>.stride)
    unsafe base = memory.base.bindMemory(to: Float.self, capacity: count)
  }

  deinit {
    unsafe memory.free()
  }

  /// The floats of a run of rows.
  public subscript(rows rows: Range<Int>) -> Span<Float> {
    @_lifetime(borrow self)
    get {
      let buffer = unsafe UnsafeBufferPointer(
        start: pointer(rows: rows), count: rows.count * width)
      let span = unsafe Span(_unsafeElements: buffer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The floats of a run of rows, to be written.
  @_lifetime(&self)
  public mutating func mutableRows(_ rows: Range<Int>) -> MutableSpan<Float> {
    let buffer = unsafe UnsafeMutableBufferPointer(
      start: pointer(rows: rows), count: rows.count * width)
    let span = unsafe MutableSpan(_unsafeElements: buffer)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// Sets everything to zero.
  public mutating func clear() {
    unsafe base.update(repeating: 0, count: rowCapacity * width)
  }

  /// Copies rows from another matrix of the same width.
  public mutating func copyRows(
    _ rows: Range<Int>, of other: borrowing FloatMatrix, to firstRow: Int
  ) {
    precondition(other.width == width, "copying rows of width \(other.width) to width \(width)")
    let target = unsafe pointer(rows: firstRow..<firstRow + rows.count)
    unsafe target.update(from: other.pointer(rows: rows), count: rows.count * width)
  }

  /// The address of a run of rows after checking that they exist.
  package func pointer(rows: Range<Int>) -> UnsafeMutablePointer<Float> {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCapacity,
      "rows \(rows) of a matrix with \(rowCapacity) rows")
    return unsafe base + rows.lowerBound * width
  }
}
