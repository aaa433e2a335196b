internal import COpenBLAS

extension DoubleMatrix {
  /// Replaces a symmetric matrix, of which only the lower triangle is read, by its eigenvectors, one a row.
  ///
  /// - Returns: the eigenvalues, ascending, in the order of the rows; nil where they were not found.
  package mutating func diagonalize() -> [Double]? {
    precondition(rows == columns, "\(rows) × \(columns) has no eigenvectors")
    if rows == 0 { return [] }
    var order = Int32(rows)
    var values = [Double](repeating: 0, count: rows)
    var status: Int32 = 0
    var workCount = Int32(1 + 6 * rows + 2 * rows * rows)
    var integerCount = Int32(3 + 5 * rows)
    var work = [Double](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerCount))
    // Our lower triangle, row by row, is Fortran's upper triangle, and its columns are our rows.
    unsafe dsyevd_(
      "V", "U", &order, base, &order, &values, &work, &workCount, &integers, &integerCount, &status)
    return status == 0 ? values : nil
  }
}
