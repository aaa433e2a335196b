package import Kernels

/// The leading left singular vectors of a matrix: where its products go.
package struct ColumnSpace: ~Copyable {
  /// How many vectors hold the share of the squared singular values.
  package let rank: Int
  /// Rows of the matrix: how many dimensions there are.
  package let rows: Int
  /// Left singular vectors, one a row; of a matrix with more rows than columns its right ones, each divided by its
  /// singular value.
  private let vectors: DoubleMatrix
  /// Whether the matrix has more rows than columns.
  private let isTall: Bool
  /// The matrix.
  private let weights: DoubleMatrix

  /// Finds the vectors of a matrix that is not zero; nil where they are not found.
  ///
  /// - Parameters:
  ///   - weights: `[out, in]`.
  ///   - share: how much of the squared singular values they hold.
  package init?(_ weights: consuming DoubleMatrix, share: Double = 0.9) {
    rows = weights.rows
    let isTall = weights.rows > weights.columns
    let size = min(weights.rows, weights.columns)
    var products = DoubleMatrix(rows: size, columns: size)
    if isTall {
      weights.columnProducts(into: &products)
    } else {
      weights.rowProducts(into: &products)
    }
    guard let squares = products.diagonalize() else { return nil }
    let total = squares.reduce(0) { $0 + max($1, 0) }
    guard total > 0 else { return nil }
    var held = 0.0
    var count = 0
    while count < size, held < share * total {
      held += max(squares[size - 1 - count], 0)
      count += 1
    }
    rank = count
    var vectors = DoubleMatrix(rows: count, columns: size)
    for index in 0..<count {
      let from = products.row(size - 1 - index)
      let scale = isTall ? 1 / squares[size - 1 - index].squareRoot() : 1
      var row = vectors.mutableRow(index)
      for column in 0..<size { row[column] = scale * from[column] }
    }
    self.vectors = vectors
    self.isTall = isTall
    self.weights = weights
  }

  /// The share of a change's squared length outside of the space: Σ s² sin² θ / Σ s² over its singular values s and
  /// the angles θ of its left singular vectors; nil where nothing changes.
  package func outside(_ change: borrowing DoubleMatrix) -> Double? {
    precondition(change.rows == rows, "\(change.rows) rows of a change, \(rows) of the matrix")
    let total = change.squaredNorm
    if total == 0 { return nil }
    let inside: Double
    if isTall {
      var products = DoubleMatrix(rows: weights.columns, columns: change.columns)
      weights.transposedTimes(change, rows: 0..<rows, into: &products)
      inside = vectors.times(products).squaredNorm
    } else {
      inside = vectors.times(change).squaredNorm
    }
    return max(0, 1 - inside / total)
  }

  /// What that share is on average for a change of random normal numbers.
  package var expectedOutside: Double { 1 - Double(rank) / Double(rows) }
}
