internal import COpenBLAS

/// A dense matrix of doubles, row by row, in memory of its own.
///
/// Aligned to 64 bytes, so that a result never depends on where the allocator put an operand.
@safe package struct DoubleMatrix: ~Copyable {
  /// Number of rows.
  package let rows: Int
  /// Number of columns.
  package let columns: Int
  let base: UnsafeMutablePointer<Double>

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    precondition(
      rows >= 0 && columns >= 0 && max(rows, columns) <= Int32.max,
      "\(rows) × \(columns) is not a matrix BLAS can index")
    self.rows = rows
    self.columns = columns
    let count = rows * columns
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Double>.stride, alignment: 64)
    unsafe self.base = raw.bindMemory(to: Double.self, capacity: count)
    unsafe base.initialize(repeating: 0, count: count)
  }

  deinit {
    unsafe base.deallocate()
  }

  /// One row, to read.
  @_lifetime(borrow self)
  package func row(_ index: Int) -> Span<Double> {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    let row = unsafe Span(_unsafeStart: base + index * columns, count: columns)
    return unsafe _overrideLifetime(row, borrowing: self)
  }

  /// A copy of some rows, in the order given.
  package func rows(_ indices: [Int]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: indices.count, columns: columns)
    for (place, index) in indices.enumerated() {
      let source = row(index)
      var target = result.mutableRow(place)
      for column in source.indices { target[column] = source[column] }
    }
    return result
  }

  /// The sum of the squares of all elements, row by row.
  package var squaredNorm: Double {
    var sum = 0.0
    for index in 0..<rows {
      let row = row(index)
      for column in row.indices { sum += row[column] * row[column] }
    }
    return sum
  }

  /// One row, to change.
  @_lifetime(&self)
  package mutating func mutableRow(_ index: Int) -> MutableSpan<Double> {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    let row = unsafe MutableSpan(_unsafeStart: base + index * columns, count: columns)
    return unsafe _overrideLifetime(row, mutating: &self)
  }
}

/// The memory is its own and changes only through a `mutating` call, so threads may share what they borrow.
extension DoubleMatrix: @unchecked Sendable {}

/// Makes every BLAS call use the calling thread alone.
///
/// OpenBLAS splits sums by thread count, so its results depend on it. Work is spread over problems
/// instead, and the result is the same whatever the number of threads.
package func useSingleThreadedBLAS() {
  openblas_set_num_threads(1)
}

/// What computes: the library, its version and the kernels it chose for this processor.
package func blasDescription() -> String {
  guard let text = unsafe openblas_get_config() else { return "OpenBLAS" }
  return unsafe String(cString: text)
}

extension DoubleMatrix {
  /// The matrix times a vector: `[rows, columns] × [columns] → [rows]`.
  package func times(_ vector: [Double]) -> [Double] {
    precondition(vector.count == columns, "\(rows) × \(columns) times \(vector.count)")
    return product(vector, CblasNoTrans, count: rows)
  }

  /// The transposed matrix times a vector: `[columns, rows] × [rows] → [columns]`.
  package func transposedTimes(_ vector: [Double]) -> [Double] {
    precondition(vector.count == rows, "\(columns) × \(rows) times \(vector.count)")
    return product(vector, CblasTrans, count: columns)
  }

  private func product(
    _ vector: [Double], _ order: CBLAS_TRANSPOSE, count: Int
  ) -> [Double] {
    // BLAS leaves the result untouched when the inner dimension is zero, and refuses a zero stride.
    if rows == 0 || columns == 0 { return [Double](repeating: 0, count: count) }
    return unsafe [Double](unsafeUninitializedCapacity: count) { result, filled in
      unsafe cblas_dgemv(
        CblasRowMajor, order, Int32(rows), Int32(columns), 1, base, Int32(columns), vector, 1, 0,
        result.baseAddress, 1)
      filled = count
    }
  }

  /// Writes the lower triangle of this matrix times its transpose: `[rows, rows]`, all inner
  /// products of rows.
  package func rowProducts(into result: inout DoubleMatrix) {
    precondition(
      result.rows == rows && result.columns == rows, "\(result.rows) × \(result.columns)")
    if rows == 0 || columns == 0 { return }
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, Int32(rows), Int32(columns), 1, base, Int32(columns),
      0, result.base, Int32(rows))
  }

  /// Writes the lower triangle of this matrix's transpose times itself: `[columns, columns]`, all
  /// inner products of columns.
  package func columnProducts(into result: inout DoubleMatrix) {
    precondition(
      result.rows == columns && result.columns == columns, "\(result.rows) × \(result.columns)")
    if rows == 0 || columns == 0 { return }
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasTrans, Int32(columns), Int32(rows), 1, base, Int32(columns),
      0, result.base, Int32(columns))
  }

  /// Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor.
  ///
  /// - Returns: false when the matrix is not positive definite; its content is lost then.
  package mutating func factorize() -> Bool {
    precondition(rows == columns, "\(rows) × \(columns) has no Cholesky factor")
    var order = Int32(rows)
    var stride = Int32(max(rows, 1))
    var status: Int32 = 0
    // Our lower triangle, row by row, is Fortran's upper triangle, column by column.
    unsafe dpotrf_("U", &order, base, &stride, &status)
    return status == 0
  }

  /// Solves with the factor that `factorize` left, in place.
  ///
  /// - Parameter sides: right-hand sides one after the other, each of `rows` values.
  package func solve(_ sides: inout [Double]) {
    precondition(rows > 0 && sides.count % rows == 0, "\(sides.count) values for \(rows) rows")
    var order = Int32(rows)
    var count = Int32(sides.count / rows)
    var stride = Int32(rows)
    var status: Int32 = 0
    unsafe dpotrs_("U", &order, &count, base, &stride, &sides, &stride, &status)
  }
}
