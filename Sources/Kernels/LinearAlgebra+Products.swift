internal import COpenBLAS

extension DoubleMatrix {
  /// A matrix of given values, row by row.
  package init(rows: Int, columns: Int, values: some Collection<Double>) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    for (index, value) in values.enumerated() { unsafe base[index] = value }
  }

  /// A matrix whose rows are lists of the same length.
  package init(rowsOf lists: [[Double]], columns: Int) {
    self.init(rows: lists.count, columns: columns)
    for (index, list) in lists.enumerated() {
      precondition(list.count == columns, "\(list.count) values in a row of \(columns)")
      unsafe (base + index * columns).update(from: list, count: columns)
    }
  }

  /// A copy of one row.
  package func list(_ index: Int) -> [Double] {
    let row = row(index)
    return unsafe row.withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// All values, row by row.
  package var values: [Double] {
    unsafe Array(UnsafeBufferPointer(start: base, count: rows * columns))
  }

  /// A run of rows times the transpose of another matrix: all inner products of these rows with the
  /// rows of the other, `[row, other's row]`.
  package func timesTransposed(
    _ other: borrowing DoubleMatrix, rows run: Range<Int>
  ) -> DoubleMatrix {
    precondition(
      isRun(run) && columns == other.columns,
      "rows \(run) of \(rows) × \(columns) with rows of \(other.rows) × \(other.columns)")
    let result = DoubleMatrix(rows: run.count, columns: other.rows)
    if run.isEmpty || other.rows == 0 || columns == 0 { return result }
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(run.count), Int32(other.rows), Int32(columns),
      1, base + run.lowerBound * columns, Int32(columns), other.base, Int32(columns), 0,
      result.base, Int32(other.rows))
    return result
  }

  /// The matrix times another: `[rows, columns] × [columns, width] → [rows, width]`.
  package func times(_ other: borrowing DoubleMatrix) -> DoubleMatrix {
    precondition(
      columns == other.rows, "\(rows) × \(columns) times \(other.rows) × \(other.columns)")
    let result = DoubleMatrix(rows: rows, columns: other.columns)
    if rows == 0 || other.columns == 0 || columns == 0 { return result }
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(other.columns), Int32(columns),
      1, base, Int32(columns), other.base, Int32(other.columns), 0, result.base,
      Int32(other.columns))
    return result
  }

  /// Writes the transpose of a run of rows times the same rows of another matrix, `[column, other's
  /// column]`, to consecutive rows of the result.
  package func transposedTimes(
    _ other: borrowing DoubleMatrix, rows run: Range<Int>, into result: inout DoubleMatrix,
    at firstRow: Int = 0
  ) {
    precondition(
      isRun(run) && other.isRun(run) && result.columns == other.columns
        && result.isRun(firstRow..<firstRow + columns),
      "rows \(run) of \(rows) × \(columns) and \(other.rows) × \(other.columns) to row \(firstRow) of "
        + "\(result.rows) × \(result.columns)")
    if columns == 0 || other.columns == 0 { return }
    let target = unsafe result.base + firstRow * result.columns
    if run.isEmpty {
      unsafe target.update(repeating: 0, count: columns * result.columns)
      return
    }
    unsafe cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(other.columns),
      Int32(run.count), 1, base + run.lowerBound * columns, Int32(columns),
      other.base + run.lowerBound * other.columns, Int32(other.columns), 0, target,
      Int32(result.columns))
  }

  /// Writes the lower triangle of the inner products of columns over a run of rows, `[column,
  /// column]`, to consecutive rows of the result.
  package func columnProducts(
    rows run: Range<Int>, into result: inout DoubleMatrix, at firstRow: Int
  ) {
    precondition(
      isRun(run) && result.columns == columns && result.isRun(firstRow..<firstRow + columns),
      "rows \(run) of \(rows) × \(columns) to row \(firstRow) of "
        + "\(result.rows) × \(result.columns)")
    if run.isEmpty || columns == 0 { return }
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasTrans, Int32(columns), Int32(run.count), 1,
      base + run.lowerBound * columns, Int32(columns), 0, result.base + firstRow * columns,
      Int32(columns))
  }

  /// Adds a multiple of as many rows of another matrix as this one has.
  package mutating func add(
    _ factor: Double = 1, times other: borrowing DoubleMatrix, from firstRow: Int = 0
  ) {
    precondition(
      columns == other.columns && other.isRun(firstRow..<firstRow + rows),
      "\(rows) × \(columns) plus rows from \(firstRow) of \(other.rows) × \(other.columns)")
    // One call per row: the whole may have more elements than BLAS can count.
    for index in 0..<rows {
      unsafe cblas_daxpy(
        Int32(columns), factor, other.base + (firstRow + index) * columns, 1,
        base + index * columns, 1)
    }
  }

  /// Copies all of another matrix of the same shape.
  package mutating func assign(_ other: borrowing DoubleMatrix) {
    precondition(
      rows == other.rows && columns == other.columns,
      "\(rows) × \(columns) from \(other.rows) × \(other.columns)")
    unsafe base.update(from: other.base, count: rows * columns)
  }

  /// Adds a multiple of the outer product of two vectors, `[row] × [column]`.
  package mutating func addOuter(_ factor: Double, _ left: [Double], _ right: [Double]) {
    precondition(
      left.count == rows && right.count == columns,
      "\(rows) × \(columns) plus \(left.count) × \(right.count)")
    if rows == 0 || columns == 0 { return }
    unsafe cblas_dger(
      CblasRowMajor, Int32(rows), Int32(columns), factor, left, 1, right, 1, base, Int32(columns))
  }

  /// Writes the lower triangle of a symmetric matrix to the upper one.
  package mutating func mirrorLower() {
    precondition(rows == columns, "\(rows) × \(columns) is not symmetric")
    for row in 0..<rows {
      for column in 0..<row { unsafe base[column * columns + row] = base[row * columns + column] }
    }
  }

  /// Solves with the factor that `factorize` left, in place; every row of `sides` is a right-hand
  /// side.
  package func solve(rowsOf sides: inout DoubleMatrix) {
    precondition(sides.columns == rows, "\(sides.columns) values for \(rows) rows")
    if rows == 0 || sides.rows == 0 { return }
    var order = Int32(rows)
    var count = Int32(sides.rows)
    var stride = Int32(rows)
    var status: Int32 = 0
    unsafe dpotrs_("U", &order, &count, base, &stride, sides.base, &stride, &status)
  }

  private func isRun(_ run: Range<Int>) -> Bool {
    run.lowerBound >= 0 && run.upperBound <= rows
  }
}
