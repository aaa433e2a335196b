internal import COpenBLAS

extension FloatMatrix {
  /// A matrix rounded to float32.
  package init(rounding matrix: borrowing DoubleMatrix) {
    self.init(rows: matrix.rows, width: matrix.columns)
    for index in 0..<matrix.rows * matrix.columns { unsafe base[index] = Float(matrix.base[index]) }
  }

  /// Writes the first rows of the matrix times another: `[rows, inner] × [inner, width]`.
  ///
  /// For few rows this takes the time of reading the other matrix once; it wants it untransposed.
  package func multiply(_ other: borrowing FloatMatrix, rows: Int, into result: inout FloatMatrix) {
    precondition(
      width == other.rowCapacity && result.width == other.width && rows <= rowCapacity
        && rows <= result.rowCapacity,
      "\(rows) of \(rowCapacity) × \(width) times \(other.rowCapacity) × \(other.width) into "
        + "\(result.rowCapacity) × \(result.width)")
    if rows == 0 || width == 0 || other.width == 0 { return }
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(other.width), Int32(width), 1,
      base, Int32(width), other.base, Int32(other.width), 0, result.base, Int32(other.width))
  }

  /// Writes the first rows of the matrix times another's transpose: `[rows, inner] × [width, inner]ᵀ`.
  package func multiplyTransposed(
    _ other: borrowing FloatMatrix, rows: Int, into result: inout FloatMatrix
  ) {
    precondition(
      width == other.width && result.width == other.rowCapacity && rows <= rowCapacity
        && rows <= result.rowCapacity,
      "\(rows) of \(rowCapacity) × \(width) with rows of \(other.rowCapacity) × \(other.width) into "
        + "\(result.rowCapacity) × \(result.width)")
    if rows == 0 || width == 0 || other.rowCapacity == 0 { return }
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(other.rowCapacity), Int32(width),
      1, base, Int32(width), other.base, Int32(width), 0, result.base, Int32(other.rowCapacity))
  }

  /// Writes the transpose of the whole matrix.
  package func transpose(into result: inout FloatMatrix) {
    precondition(
      result.rowCapacity == width && result.width == rowCapacity,
      "\(rowCapacity) × \(width) transposed into \(result.rowCapacity) × \(result.width)")
    if rowCapacity == 0 || width == 0 { return }
    unsafe cblas_somatcopy(
      CblasRowMajor, CblasTrans, Int32(rowCapacity), Int32(width), 1, base, Int32(width),
      result.base, Int32(rowCapacity))
  }

  /// The lower triangle of all inner products of columns, `[width, width]`.
  package func columnProducts() -> FloatMatrix {
    let result = FloatMatrix(rows: width, width: width)
    if rowCapacity == 0 || width == 0 { return result }
    unsafe cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasTrans, Int32(width), Int32(rowCapacity), 1, base,
      Int32(width), 0, result.base, Int32(width))
    return result
  }

  /// The lower triangle of all inner products of rows, `[rows, rows]`.
  package func rowProducts() -> FloatMatrix {
    let result = FloatMatrix(rows: rowCapacity, width: rowCapacity)
    if rowCapacity == 0 || width == 0 { return result }
    unsafe cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, Int32(rowCapacity), Int32(width), 1, base,
      Int32(width), 0, result.base, Int32(rowCapacity))
    return result
  }

  /// Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor.
  ///
  /// - Returns: false when the matrix is not positive definite; its content is lost then.
  package mutating func factorize() -> Bool {
    precondition(rowCapacity == width, "\(rowCapacity) × \(width) has no Cholesky factor")
    var order = Int32(width)
    var stride = Int32(max(width, 1))
    var status: Int32 = 0
    // Our lower triangle, row by row, is Fortran's upper triangle, column by column.
    unsafe spotrf_("U", &order, base, &stride, &status)
    return status == 0
  }

  /// Solves with the factor that `factorize` left, in place; each of the first rows of `sides` is a
  /// right-hand side.
  package func solve(_ sides: inout FloatMatrix, rows: Int) {
    precondition(
      sides.width == width && rows <= sides.rowCapacity,
      "\(rows) of \(sides.rowCapacity) sides of \(sides.width) for \(width) unknowns")
    if rows == 0 || width == 0 { return }
    var order = Int32(width)
    var count = Int32(rows)
    var stride = Int32(width)
    var status: Int32 = 0
    unsafe spotrs_("U", &order, &count, base, &stride, sides.base, &stride, &status)
  }
}
