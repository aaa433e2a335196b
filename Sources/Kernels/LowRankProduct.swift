import CKernels

/// Which elements of a matrix are dropped: each by its row, its column and the key alone.
public struct DropoutMask: Sendable, Hashable {
  private let key: UInt64
  private let rate: Double

  /// Makes a mask that drops a share of the elements and makes up for it in the others.
  public init(key: UInt64, rate: Float) {
    precondition(rate >= 0 && rate < 1, "dropping a share of \(rate)")
    self.key = key
    self.rate = Double(rate)
  }

  var forKernel: ck_dropout {
    ck_dropout(
      key: (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      threshold: UInt32(rate * 0x1p32), scale: Float(1 / (1 - rate)))
  }
}

/// Rows narrowed to the rank of an adapter, `[row, rank]`.
public final class NarrowRows: Sendable {
  private let rank: Int
  private let rows: FloatMatrix

  /// Makes rows of zeros.
  init(count: Int, rank: Int) {
    self.rank = rank
    rows = FloatMatrix(rows: count, width: ck_low_rank_stride(rank))
  }

  /// Narrows rows: `dropped(input) × factorᵀ`.
  ///
  /// - Parameters:
  ///   - input: `[row, width]`.
  ///   - count: how many rows.
  ///   - factor: of the input's width.
  ///   - threads: how many threads divide the rows.
  public convenience init(
    _ input: borrowing FloatMatrix, rows count: Int, by factor: LowRankFactor, threads: Int
  ) {
    precondition(factor.width == input.width, "narrowing \(input.width) by \(factor.width)")
    self.init(count: count, rank: factor.rank)
    nonisolated(unsafe) let from = unsafe input.pointer(rows: 0..<count)
    nonisolated(unsafe) let to = unsafe base
    forEachRun(of: count, threads: threads) { run in
      unsafe factor.narrow(from, into: to, rows: run)
    }
  }

  /// The bytes that a number of rows takes.
  public static func byteCount(rank: Int, rows: Int) -> Int { 4 * rows * ck_low_rank_stride(rank) }

  /// How many rows there are.
  var count: Int { rows.rowCapacity }

  /// `[row, stride]`.
  @unsafe var base: UnsafeMutablePointer<Float> { unsafe rows.base }

  /// Adds `rowsᵀ × dropped(wide) × scale`, summed in the order of rows, to a gradient.
  ///
  /// - Parameters:
  ///   - wide: `[row, width]`.
  ///   - mask: which elements of `wide` are dropped.
  ///   - scale: what the product is multiplied by.
  ///   - gradient: `[rank, width]`, or `[width, rank]` if `isTall`.
  ///   - isTall: which of them.
  ///   - threads: how many threads divide the columns.
  public func addOuterProduct(
    with wide: borrowing FloatMatrix, mask: DropoutMask? = nil, scale: Float = 1,
    to gradient: inout FloatMatrix, isTall: Bool, threads: Int
  ) {
    let width = wide.width
    let (rowCount, columnCount) = isTall ? (width, rank) : (rank, width)
    precondition(
      gradient.rowCapacity == rowCount && gradient.width == columnCount,
      "gradient of \(rowCount) × \(columnCount) to \(gradient.rowCapacity) × \(gradient.width)")
    let sums = FloatMatrix(rows: rank, width: width)
    let (rank, count) = (rank, rows.rowCapacity)
    nonisolated(unsafe) let narrow = unsafe rows.base
    nonisolated(unsafe) let values = unsafe wide.pointer(rows: 0..<count)
    nonisolated(unsafe) let sum = unsafe sums.base
    nonisolated(unsafe) let target = unsafe gradient.base
    let dropout = mask?.forKernel
    forEachRun(of: width, threads: threads) { run in
      unsafe withOptional(dropout) { dropout in
        unsafe ck_low_rank_outer(
          narrow, values, sum, count, width, rank, run.lowerBound, run.count, dropout)
      }
      for r in 0..<rank {
        for column in run {
          let place = isTall ? column * rank + r : r * width + column
          unsafe target[place] += scale * sum[r * width + column]
        }
      }
    }
  }
}

extension FloatMatrix {
  /// A scaled copy with rows of another stride, perhaps transposed; what is added is zero.
  borrowing func arranged(
    rows: Int, stride: Int, isTransposed: Bool, scale: Float
  ) -> FloatMatrix {
    let result = FloatMatrix(rows: rows, width: stride)
    let columns = isTransposed ? rowCapacity : width
    for row in 0..<rows {
      for column in 0..<columns {
        let place = isTransposed ? column * width + row : row * width + column
        unsafe result.base[row * stride + column] = scale * base[place]
      }
    }
    return result
  }
}

/// Lends the address of a value, or no address.
func withOptional(
  _ dropout: ck_dropout?, _ body: (UnsafePointer<ck_dropout>?) -> Void
) {
  guard let dropout else { return body(nil) }
  unsafe withUnsafePointer(to: dropout) { unsafe body($0) }
}
