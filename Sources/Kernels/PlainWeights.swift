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

/// A weight matrix `[out, in]` as it is stored, multiplied both ways.
///
/// Slower than packed weights for few rows; for many it saves the second packed copy that going back would
/// take. A row is the same bits for any number of threads.
@safe public final class PlainWeights: @unchecked Sendable {
  // Sendable: the rounded copy is written between passes only.

  /// Width of an input row.
  public let inputWidth: Int
  /// Width of an output row.
  public let outputWidth: Int
  private let engine: MatrixEngine
  private let threads: Int
  /// The weights, where they are read as floats or may change.
  private let owner: (any MatrixOwner)?
  /// The weights as bfloat16, where the engine multiplies those.
  private let rounded: OwnedMemory?

  /// Takes weights.
  ///
  /// - Parameters:
  ///   - owner: owns the weights.
  ///   - isFixed: whether they never change, so that a rounded copy is all that need be kept.
  ///   - engine: multiplies.
  ///   - threads: how many threads divide the rows of a product.
  public init(_ owner: any MatrixOwner, isFixed: Bool, engine: MatrixEngine, threads: Int) {
    (outputWidth, inputWidth) = owner.withMatrix { ($0.rowCapacity, $0.width) }
    self.engine = engine
    self.threads = threads
    let isRounded = engine.precision == .bf16
    self.owner = isRounded && isFixed ? nil : owner
    unsafe rounded = isRounded ? OwnedMemory(byteCount: 2 * inputWidth * outputWidth) : nil
    round(owner)
  }

  deinit {
    unsafe rounded?.free()
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
    multiply(
      input, rows: rows, order: .columns, isAdding: false, with: term, into: &output)
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
    multiply(
      gradient, rows: rows, order: .rows, isAdding: isAdding, with: term, into: &inputGradient)
  }

  private func multiply(
    _ input: borrowing FloatMatrix, rows: Int, order: PlainProduct.Order, isAdding: Bool,
    with term: LowRankTerm?, into output: inout FloatMatrix
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
    nonisolated(unsafe) let rounded = unsafe rounded
    func run(_ weights: UnsafeRawPointer) {
      nonisolated(unsafe) let weights = unsafe weights
      // Every run rearranges all weights: few runs, of the same size, so that no thread waits for the last.
      let runs = max(4, (filled + PlainProduct.tallestTile - 1) / PlainProduct.tallestTile)
      let size = max(32, (filled + 16 * runs - 1) / (16 * runs) * 16)
      parallelFor(count: (filled + size - 1) / size, threads: threads) { [engine] index in
        let first = index * size
        let count = min(size, filled - first)
        let from = unsafe source + first * inner
        let to = unsafe target + first * columns
        let product = PlainProduct(
          rows: 0, inner: inner, columns: columns, order: order, isAdding: isAdding)
        if unsafe rounded == nil {
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
    if let rounded = unsafe rounded {
      unsafe run(rounded.base)
    } else {
      owner?.withMatrix { unsafe run($0.base) }
    }
  }
}

/// A product of some rows with weights as they are stored.
struct PlainProduct: Hashable, Sendable {
  /// How the weights `[inner, columns]` lie.
  enum Order: Sendable {
    /// Row by row.
    case rows
    /// Column by column.
    case columns
  }

  var rows: Int
  let inner: Int
  let columns: Int
  let order: Order
  let isAdding: Bool

  /// The most rows of a call.
  static let tallestTile = 256

  /// Multiplies rows, tile by tile; the source is of the engine's precision.
  func multiply(
    _ engine: MatrixEngine, _ source: UnsafeRawPointer, rows: Int, _ weights: UnsafeRawPointer,
    _ destination: UnsafeMutablePointer<Float>
  ) {
    var done = 0
    while done < rows {
      // Few row counts, for code is made for each: multiples of sixteen, and what fewer rows have bits.
      let left = min(rows - done, Self.tallestTile)
      let tile = left >= 16 ? left / 16 * 16 : 1 << (left.bitWidth - 1 - left.leadingZeroBitCount)
      var product = self
      product.rows = tile
      guard let kernel = engine.kernel(for: product) else {
        preconditionFailure("oneDNN has no product of \(tile) × \(inner) × \(columns)")
      }
      unsafe kernel.multiply(
        engine.handle, source + done * inner * engine.precision.byteCount, weights,
        destination + done * columns)
      done += tile
    }
  }
}

/// oneDNN's code for one product with weights as they are stored.
@safe final class PlainKernel: @unchecked Sendable {
  // Sendable: filled once in the initialiser, then only read.

  private let product: co_product
  private let layout: co_layout

  init?(_ engine: co_engine, _ precision: Precision, _ shape: PlainProduct) {
    var layout = co_layout()
    var product = unsafe co_product()
    guard
      unsafe co_product_create(
        engine, shape.rows, shape.inner, shape.columns, precision == .bf16, &layout,
        shape.order == .rows ? co_order_rows : co_order_columns, shape.isAdding, &product)
    else { return nil }
    unsafe self.product = unsafe product
    self.layout = layout
  }

  deinit {
    var product = unsafe product
    var layout = layout
    unsafe co_product_destroy(&product)
    unsafe co_layout_destroy(&layout)
  }

  func multiply(
    _ engine: co_engine, _ source: UnsafeRawPointer, _ weights: UnsafeRawPointer,
    _ destination: UnsafeMutablePointer<Float>
  ) {
    var product = unsafe product
    var layout = layout
    let succeeded = unsafe co_multiply(engine, &product, &layout, source, weights, destination)
    precondition(succeeded, "oneDNN refused a product")
  }
}
