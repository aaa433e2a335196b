/// Rows that many threads fill, each row once, before anyone reads them.
@safe public final class SharedRows: @unchecked Sendable {
  // Sendable although it is written through a shared reference: different rows are different memory, and
  // whoever reads comes after all who write.

  /// The number of rows.
  public let count: Int
  /// Floats in a row.
  public var width: Int { matrix.width }
  private let matrix: FloatMatrix

  /// Makes zeroed rows.
  public init(count: Int, width: Int) {
    self.count = count
    matrix = FloatMatrix(rows: count, width: width)
  }

  /// The bytes of all rows.
  public var byteCount: Int { 4 * count * width }

  /// Fills a row.
  public func set(_ row: Int, to values: Span<Float>) {
    precondition(values.count == width, "\(values.count) values for a row of \(width)")
    let target = unsafe matrix.pointer(rows: row..<row + 1)
    unsafe values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      unsafe target.update(from: base, count: values.count)
    }
  }

  /// The floats of some rows.
  public subscript(rows rows: Range<Int>) -> Span<Float> {
    @_lifetime(borrow self)
    get {
      let buffer = unsafe UnsafeBufferPointer(
        start: matrix.pointer(rows: rows), count: rows.count * matrix.width)
      let span = unsafe Span(_unsafeElements: buffer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
