import CKernels

/// A factor of a low-rank product as kernels read it, `[rank, width]`, and what of its wide side is dropped.
public final class LowRankFactor: Sendable {
  let rank: Int
  let width: Int
  private let values: FloatMatrix
  private let mask: DropoutMask?

  /// Arranges a factor.
  ///
  /// - Parameters:
  ///   - factor: `[rank, width]`, or `[width, rank]` if `isTall`.
  ///   - isTall: which of them.
  ///   - scale: what it is multiplied by.
  ///   - mask: which elements are dropped of what has its width.
  public init(
    _ factor: borrowing FloatMatrix, isTall: Bool, scale: Float = 1, mask: DropoutMask? = nil
  ) {
    (rank, width) =
      isTall ? (factor.width, factor.rowCapacity) : (factor.rowCapacity, factor.width)
    values = factor.arranged(rows: rank, stride: width, isTransposed: isTall, scale: scale)
    self.mask = mask
  }

  /// Narrows a run of rows: `dropped(input) × factorᵀ`.
  func narrow(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, rows run: Range<Int>
  ) {
    let stride = ck_low_rank_stride(rank)
    unsafe withOptional(mask?.forKernel) { dropout in
      unsafe ck_low_rank_narrow(
        input + run.lowerBound * width, values.base, output + run.lowerBound * stride, run.count,
        width, rank, dropout, run.lowerBound)
    }
  }

  /// Widens a run of rows: `output += dropped(narrow × factor)`.
  func widen(
    _ narrow: UnsafePointer<Float>, addingTo output: UnsafeMutablePointer<Float>,
    rows run: Range<Int>
  ) {
    let stride = ck_low_rank_stride(rank)
    unsafe withOptional(mask?.forKernel) { dropout in
      unsafe ck_low_rank_widen(
        narrow + run.lowerBound * stride, values.base, output + run.lowerBound * width, run.count,
        width, rank, dropout, run.lowerBound)
    }
  }
}

/// What a low-rank update adds to a product, made of the same rows while they are at hand.
public struct LowRankTerm: Sendable {
  /// The rows between the factors, once the product is there.
  public let narrow: NarrowRows
  private let narrowing: LowRankFactor
  private let widening: LowRankFactor

  /// Joins two factors.
  ///
  /// - Parameters:
  ///   - rows: how many rows.
  ///   - narrowing: reads the product's input.
  ///   - widening: adds to its output.
  public init(rows: Int, narrowing: LowRankFactor, widening: LowRankFactor) {
    precondition(
      narrowing.rank == widening.rank, "ranks \(narrowing.rank) and \(widening.rank) of an update")
    narrow = NarrowRows(count: rows, rank: narrowing.rank)
    self.narrowing = narrowing
    self.widening = widening
  }

  /// Whether the term belongs to a product of some widths.
  func fits(input: Int, output: Int) -> Bool {
    narrowing.width == input && widening.width == output
  }

  /// Narrows a run of the product's input.
  func read(_ input: UnsafePointer<Float>, rows run: Range<Int>) {
    unsafe narrowing.narrow(input, into: narrow.base, rows: run.clamped(to: 0..<narrow.count))
  }

  /// Adds to a run of the product's output.
  func add(to output: UnsafeMutablePointer<Float>, rows run: Range<Int>) {
    unsafe widening.widen(
      narrow.base, addingTo: output, rows: run.clamped(to: 0..<narrow.count))
  }
}
