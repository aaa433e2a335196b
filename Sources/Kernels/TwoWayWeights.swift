import CKernels
import COneDNN

/// Something that owns a weight matrix `[out, in]`, row by row.
public protocol MatrixOwner: AnyObject, Sendable {
  /// Lends the matrix.
  func withMatrix<Result>(_ body: (borrowing FloatMatrix) -> Result) -> Result
}

/// Something that owns the gradient of a weight.
public protocol TensorGradient: AnyObject, Sendable {
  /// Lends the gradient, to be added to.
  func withGradient(_ body: (inout FloatMatrix) -> Void)
}

/// A weight matrix `[out, in]`, multiplied both ways.
///
/// A row is the same bits for any number of threads.
@safe public final class TwoWayWeights: @unchecked Sendable {
  // Sendable: the rounded copy is written between passes only.

  /// How weights are kept.
  public enum Keeping: Sendable {
    /// As they are stored, by their owner, who may change them; every product rearranges them.
    case changing
    /// As they are stored and never changed; every product rearranges them.
    case stored
    /// Never changed and packed once for each direction, which takes twice the memory.
    case packed
  }

  /// Width of an input row.
  public let inputWidth: Int
  /// Width of an output row.
  public let outputWidth: Int
  private let forward: WeightProduct
  private let back: WeightProduct
  private let engine: MatrixEngine
  private let threads: Int
  /// The weights, where they are read as floats or may change.
  private let owner: (any MatrixOwner)?
  /// The weights as they are stored in bfloat16, where the engine multiplies those.
  private let rounded: OwnedMemory?
  /// Copies for the two directions, where they are packed.
  private let packed: (forward: OwnedMemory, back: OwnedMemory)?

  /// Takes weights.
  ///
  /// - Parameters:
  ///   - owner: owns the weights.
  ///   - keeping: how they are kept.
  ///   - engine: multiplies.
  ///   - threads: how many threads divide the rows of a product.
  public init(_ owner: any MatrixOwner, keeping: Keeping, engine: MatrixEngine, threads: Int) {
    (outputWidth, inputWidth) = owner.withMatrix { ($0.rowCapacity, $0.width) }
    let forward = WeightProduct(inner: inputWidth, columns: outputWidth, order: .columns)
    let back = WeightProduct(inner: outputWidth, columns: inputWidth, order: .rows)
    self.engine = engine
    self.threads = threads
    if keeping == .packed {
      (self.forward, self.back) = (forward.packed, back.packed)
      self.owner = nil
      unsafe rounded = nil
      unsafe packed = owner.withMatrix {
        unsafe (forward.pack($0.base, engine), back.pack($0.base, engine))
      }
      return
    }
    (self.forward, self.back) = (forward, back)
    let isRounded = engine.precision == .bf16
    self.owner = isRounded && keeping == .stored ? nil : owner
    unsafe rounded = isRounded ? OwnedMemory(byteCount: 2 * inputWidth * outputWidth) : nil
    unsafe packed = nil
    round(owner)
  }

  deinit {
    unsafe rounded?.free()
    unsafe packed?.forward.free()
    unsafe packed?.back.free()
  }

  /// Takes note that the owner's values have changed.
  public func valuesChanged() {
    if let owner { round(owner) }
  }

  private func round(_ owner: any MatrixOwner) {
    guard let rounded = unsafe rounded else { return }
    let count = inputWidth
    nonisolated(unsafe) let target = unsafe rounded.base
    owner.withMatrix { matrix in
      nonisolated(unsafe) let source = unsafe matrix.base
      forEachRun(of: outputWidth, threads: threads) { run in
        let start = run.lowerBound * count
        unsafe ck_round_to_bfloat16(source + start, target + 2 * start, run.count * count)
      }
    }
  }

  /// Multiplies `output = input × weightsᵀ` for the first rows.
  ///
  /// - Parameters:
  ///   - input: `[row, in]`.
  ///   - rows: how many rows.
  ///   - output: `[row, out]`, overwritten; rows beyond the last may be overwritten too.
  ///   - term: what an update adds; nil for none.
  public func multiply(
    _ input: borrowing FloatMatrix, rows: Int, into output: inout FloatMatrix,
    with term: LowRankTerm? = nil
  ) {
    precondition(
      input.width == inputWidth && output.width == outputWidth,
      "product of width \(input.width) → \(output.width) with weights \(inputWidth) → \(outputWidth)"
    )
    unsafe multiply(forward, input, rows: rows, with: term, into: &output) {
      unsafe lend(packed?.forward, $0)
    }
  }

  /// Multiplies `input gradient = output gradient × weights` for the first rows.
  ///
  /// - Parameters:
  ///   - gradient: `[row, out]`.
  ///   - rows: how many rows.
  ///   - inputGradient: `[row, in]`; rows beyond the last may be overwritten too.
  ///   - isAdding: whether the product is added to it.
  ///   - term: what an update adds; nil for none.
  public func multiplyBack(
    _ gradient: borrowing FloatMatrix, rows: Int, into inputGradient: inout FloatMatrix,
    isAdding: Bool, with term: LowRankTerm? = nil
  ) {
    precondition(
      gradient.width == outputWidth && inputGradient.width == inputWidth,
      "product of width \(gradient.width) → \(inputGradient.width) with weights "
        + "\(inputWidth) → \(outputWidth), backwards")
    var product = back
    product.isAdding = isAdding
    unsafe multiply(product, gradient, rows: rows, with: term, into: &inputGradient) {
      unsafe lend(packed?.back, $0)
    }
  }

  /// Lends a packed copy where there is one, or the weights as they are stored; in the engine's precision.
  private func lend(_ packed: OwnedMemory?, _ body: (UnsafeRawPointer) -> Void) {
    if let copy = unsafe packed ?? rounded {
      unsafe body(copy.base)
    } else {
      owner?.withMatrix { unsafe body($0.base) }
    }
  }

  private func multiply(
    _ product: WeightProduct, _ input: borrowing FloatMatrix, rows: Int, with term: LowRankTerm?,
    into output: inout FloatMatrix, lending weights: ((UnsafeRawPointer) -> Void) -> Void
  ) {
    // Rows that are there anyway fill up the last tile: few row counts, and none of them small.
    let filled = min((rows + 31) / 32 * 32, input.rowCapacity, output.rowCapacity)
    precondition(rows <= filled, "\(rows) rows of \(input.rowCapacity) and \(output.rowCapacity)")
    let inner = input.width
    let columns = output.width
    precondition(
      term?.fits(input: inner, output: columns) ?? true,
      "an update of a product of width \(inner) → \(columns)")
    nonisolated(unsafe) let source = unsafe input.base
    nonisolated(unsafe) let target = unsafe output.base
    unsafe weights { weights in
      nonisolated(unsafe) let weights = unsafe weights
      // Every run reads all weights, or rearranges them: few runs, of the same size, so that no thread waits
      // for the last.
      let runs = max(4, (filled + WeightProduct.tallestTile - 1) / WeightProduct.tallestTile)
      let size = max(32, (filled + 16 * runs - 1) / (16 * runs) * 16)
      parallelFor(count: (filled + size - 1) / size, threads: threads) { [engine] index in
        let first = index * size
        let count = min(size, filled - first)
        let from = unsafe source + first * inner
        let to = unsafe target + first * columns
        if engine.precision == .f32 {
          unsafe term?.read(source, rows: first..<first + count)
          unsafe product.multiply(engine, from, rows: count, weights, to)
        } else {
          unsafe withUnsafeTemporaryAllocation(
            byteCount: 2 * count * inner, alignment: 64
          ) { bytes in
            guard let base = bytes.baseAddress else { return }
            // A few rows at a time, which are still in the cache when they are read again.
            for row in stride(from: first, to: first + count, by: 32) {
              let piece = row..<min(row + 32, first + count)
              unsafe term?.read(source, rows: piece)
              unsafe ck_round_to_bfloat16(
                source + row * inner, base + 2 * (row - first) * inner, piece.count * inner)
            }
            unsafe product.multiply(engine, base, rows: count, weights, to)
          }
        }
        unsafe term?.add(to: target, rows: first..<first + count)
      }
    }
  }
}
