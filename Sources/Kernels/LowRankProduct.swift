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

  fileprivate var forKernel: ck_dropout {
    ck_dropout(
      key: (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)),
      threshold: UInt32(rate * 0x1p32), scale: Float(1 / (1 - rate)))
  }
}

/// Rows narrowed to the rank of an adapter, `[row, rank]`.
public final class NarrowRows: Sendable {
  fileprivate let rank: Int
  fileprivate let rows: FloatMatrix

  /// Narrows rows: `dropped(input) × factorᵀ × scale`, or × factor where the factor is wide by rows.
  ///
  /// - Parameters:
  ///   - input: `[row, width]`.
  ///   - count: how many rows.
  ///   - factor: `[rank, width]`, or `[width, rank]` if `isTall`.
  ///   - isTall: which of them.
  ///   - scale: what the result is multiplied by.
  ///   - mask: which elements of the input are dropped.
  ///   - threads: how many threads divide the rows.
  public init(
    _ input: borrowing FloatMatrix, rows count: Int, by factor: borrowing FloatMatrix, isTall: Bool,
    scale: Float = 1, mask: DropoutMask? = nil, threads: Int
  ) {
    let width = input.width
    rank = isTall ? factor.width : factor.rowCapacity
    precondition(
      (isTall ? factor.rowCapacity : factor.width) == width,
      "narrowing width \(width) by \(factor.rowCapacity) × \(factor.width)")
    let stride = ck_low_rank_stride(rank)
    rows = FloatMatrix(rows: count, width: stride)
    let weights = factor.arranged(rows: rank, stride: width, isTransposed: isTall, scale: scale)
    nonisolated(unsafe) let from = unsafe input.pointer(rows: 0..<count)
    nonisolated(unsafe) let to = unsafe rows.base
    nonisolated(unsafe) let by = unsafe weights.base
    let dropout = mask?.forKernel
    forEachRun(of: count, threads: threads) { [rank] run in
      unsafe withOptional(dropout) { dropout in
        unsafe ck_low_rank_narrow(
          from + run.lowerBound * width, by, to + run.lowerBound * stride, run.count, width, rank,
          dropout, run.lowerBound)
      }
    }
  }

  /// Widens rows: `output += dropped(rows × factor × scale)`, or × factorᵀ where the factor is tall.
  ///
  /// - Parameters:
  ///   - factor: `[rank, width]`, or `[width, rank]` if `isTall`.
  ///   - isTall: which of them.
  ///   - scale: what the product is multiplied by.
  ///   - mask: which elements of the product are dropped.
  ///   - output: `[row, width]`, added to.
  ///   - threads: how many threads divide the rows.
  public func widen(
    by factor: borrowing FloatMatrix, isTall: Bool, scale: Float = 1, mask: DropoutMask? = nil,
    addingTo output: inout FloatMatrix, threads: Int
  ) {
    let width = output.width
    let (found, factorWidth) =
      isTall ? (factor.width, factor.rowCapacity) : (factor.rowCapacity, factor.width)
    precondition(
      found == rank && factorWidth == width,
      "widening \(rank) to \(width) by \(factor.rowCapacity) × \(factor.width)")
    let weights = factor.arranged(rows: rank, stride: width, isTransposed: isTall, scale: scale)
    let stride = rows.width
    let rank = rank
    nonisolated(unsafe) let from = unsafe rows.base
    nonisolated(unsafe) let to = unsafe output.pointer(rows: 0..<rows.rowCapacity)
    nonisolated(unsafe) let by = unsafe weights.base
    let dropout = mask?.forKernel
    forEachRun(of: rows.rowCapacity, threads: threads) { run in
      unsafe withOptional(dropout) { dropout in
        unsafe ck_low_rank_widen(
          from + run.lowerBound * stride, by, to + run.lowerBound * width, run.count, width, rank,
          dropout, run.lowerBound)
      }
    }
  }

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
    let sums = FloatMatrix(rows: rank, width: width)
    let (rank, count) = (rank, rows.rowCapacity)
    nonisolated(unsafe) let narrow = unsafe rows.base
    nonisolated(unsafe) let values = unsafe wide.pointer(rows: 0..<count)
    nonisolated(unsafe) let target = unsafe sums.base
    let dropout = mask?.forKernel
    forEachRun(of: width, threads: threads) { run in
      unsafe withOptional(dropout) { dropout in
        unsafe ck_low_rank_outer(
          narrow, values, target, count, width, rank, run.lowerBound, run.count, dropout)
      }
    }
    let (rowCount, columnCount) = isTall ? (width, rank) : (rank, width)
    precondition(
      gradient.rowCapacity == rowCount && gradient.width == columnCount,
      "gradient of \(rowCount) × \(columnCount) to \(gradient.rowCapacity) × \(gradient.width)")
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let place = isTall ? column * width + row : row * width + column
        unsafe gradient.base[row * columnCount + column] += scale * sums.base[place]
      }
    }
  }
}

extension FloatMatrix {
  /// A scaled copy with rows of another stride, perhaps transposed; what is added is zero.
  fileprivate borrowing func arranged(
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
private func withOptional(
  _ dropout: ck_dropout?, _ body: (UnsafePointer<ck_dropout>?) -> Void
) {
  guard let dropout else { return body(nil) }
  unsafe withUnsafePointer(to: dropout) { unsafe body($0) }
}
