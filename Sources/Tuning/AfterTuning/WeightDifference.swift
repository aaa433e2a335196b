import Inference
import Kernels
import ModelFiles

/// What alignment changed in one module, `V = W_aligned - W_base`, `[out, in]`, read in blocks of rows.
struct WeightDifference: ~Copyable {
  private let aligned: FloatMatrix
  private let base: FloatMatrix
  let rows: Int
  let columns: Int

  private static let blockLength = 256

  /// Reads a module's weights in both models.
  init(
    _ path: String, base: any WeightSource, aligned: any WeightSource
  ) throws(ModelFileError) {
    let name = "\(path).weight"
    // Both before either is stored: a value that cannot be copied is never half initialised.
    let first = try base.matrix(name)
    let second = try aligned.matrix(name)
    rows = first.rowCapacity
    columns = first.width
    self.base = first
    self.aligned = second
  }

  /// The difference in a run of rows.
  func block(_ run: Range<Int>) -> DoubleMatrix {
    var block = DoubleMatrix(rows: run.count, columns: columns)
    let (to, from) = (aligned[rows: run], base[rows: run])
    for row in 0..<run.count {
      var target = block.mutableRow(row)
      for column in 0..<columns {
        let index = row * columns + column
        target[column] = Double(to[index]) - Double(from[index])
      }
    }
    return block
  }

  /// The Frobenius norm.
  var norm: Double { aligned.squaredDistance(to: base).squareRoot() }

  /// `Vᵀ B`, `[in, rank]`.
  func transposedTimes(_ up: borrowing DoubleMatrix) -> DoubleMatrix {
    var sum = DoubleMatrix(rows: columns, columns: up.columns)
    var part = DoubleMatrix(rows: columns, columns: up.columns)
    for first in stride(from: 0, to: rows, by: Self.blockLength) {
      let run = first..<min(first + Self.blockLength, rows)
      block(run).transposedTimes(up.rows(Array(run)), rows: 0..<run.count, into: &part)
      sum.add(times: part)
    }
    return sum
  }

  /// `V P`, `[out, rank]`, row by row.
  func times(_ factors: borrowing DoubleMatrix) -> [Double] {
    var product: [Double] = []
    for first in stride(from: 0, to: rows, by: Self.blockLength) {
      product += block(first..<min(first + Self.blockLength, rows)).times(factors).values
    }
    return product
  }
}
