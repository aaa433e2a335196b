import CKernels
import COneDNN

/// A weight matrix `[out, in]` in the blocked layout that products read fastest.
///
/// A row of a product depends on its own input row and the weights alone: the result is the same bits
/// for any number of rows beside it and any number of threads.
@safe public final class PackedWeights: @unchecked Sendable {
  // Sendable: the packed bytes are written once, in the initialiser.

  /// Width of an input row.
  public let inputWidth: Int
  /// Width of an output row.
  public let outputWidth: Int
  private let engine: MatrixEngine
  private let kernel: ProductKernel
  private let packed: OwnedMemory

  /// Packs weights; nil where oneDNN cannot make a product of this shape.
  ///
  /// - Parameters:
  ///   - weights: `[out, in]`, as checkpoints store them.
  ///   - engine: the engine whose products will read them.
  public init?(_ weights: borrowing FloatMatrix, engine: MatrixEngine) {
    let shape = ProductShape(inner: weights.width, columns: weights.rowCapacity)
    guard let kernel = engine.kernel(for: shape) else { return nil }
    self.inputWidth = shape.inner
    self.outputWidth = shape.columns
    self.engine = engine
    self.kernel = kernel
    unsafe packed = OwnedMemory(byteCount: kernel.packedByteCount)
    var layout = kernel.layout
    guard
      unsafe co_pack(
        engine.handle, weights.base, shape.inner, shape.columns, co_order_columns, &layout,
        packed.base)
    else { return nil }
  }

  deinit {
    unsafe packed.free()
  }

  /// Bytes held.
  public var byteCount: Int { kernel.packedByteCount }

  /// Multiplies `output = input × weightsᵀ` for some rows.
  ///
  /// - Parameters:
  ///   - input: `[row, in]`.
  ///   - rows: which rows of the input.
  ///   - output: `[row, out]`, overwritten.
  ///   - firstOutputRow: where the first of them goes.
  ///   - scratch: room that any product may use.
  public func multiply(
    _ input: borrowing FloatMatrix, rows: Range<Int>, into output: inout FloatMatrix,
    at firstOutputRow: Int = 0, scratch: inout ProductScratch
  ) {
    precondition(
      input.width == inputWidth && output.width == outputWidth,
      "product of width \(input.width) → \(output.width) with weights \(inputWidth) → \(outputWidth)"
    )
    let source = unsafe input.pointer(rows: rows)
    let destination = unsafe output.pointer(rows: firstOutputRow..<firstOutputRow + rows.count)
    func multiply(_ source: UnsafeRawPointer) {
      unsafe kernel.multiply(
        engine: engine.handle, source: source, rows: rows.count, packed: packed.base,
        destination: destination)
    }
    switch engine.precision {
    case .f32: unsafe multiply(source)
    case .bf16: unsafe scratch.withRounded(source, count: rows.count * inputWidth, multiply)
    }
  }
}

/// Room for the rounded input of one product at a time.
public struct ProductScratch: ~Copyable {
  private var rounded: [UInt16] = []

  /// Makes room that grows to what its products need.
  public init() {}

  /// Rounds values to bfloat16 and lends them.
  fileprivate mutating func withRounded(
    _ values: UnsafePointer<Float>, count: Int, _ body: (UnsafeRawPointer) -> Void
  ) {
    if rounded.count < count { rounded = [UInt16](repeating: 0, count: count) }
    unsafe rounded.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe ck_round_to_bfloat16(values, base, count)
      unsafe body(base)
    }
  }
}

extension MatrixEngine {
  /// Whether a row of a product is the same bits alone and among others, tried on a small product.
  ///
  /// True for the versions we know. A different library or processor may behave otherwise; then passes
  /// must hold one sequence at a time.
  public func rowsAreIndependent() -> Bool {
    let rows = 127
    var weights = FloatMatrix(rows: 96, width: 200)
    var input = FloatMatrix(rows: rows, width: 200)
    fill(&weights, seed: 1)
    fill(&input, seed: 2)
    guard let packed = PackedWeights(weights, engine: self) else { return false }
    var together = FloatMatrix(rows: rows, width: 96)
    var alone = FloatMatrix(rows: rows, width: 96)
    var scratch = ProductScratch()
    packed.multiply(input, rows: 0..<rows, into: &together, scratch: &scratch)
    for row in 0..<rows {
      packed.multiply(input, rows: row..<row + 1, into: &alone, at: row, scratch: &scratch)
    }
    let left = together[rows: 0..<rows]
    let right = alone[rows: 0..<rows]
    return left.indices.allSatisfy { left[$0].bitPattern == right[$0].bitPattern }
  }

  private func fill(_ matrix: inout FloatMatrix, seed: UInt32) {
    var state = seed
    var values = matrix.mutableRows(0..<matrix.rowCapacity)
    for index in values.indices {
      state = state &* 1_664_525 &+ 1_013_904_223
      values[index] = Float(state >> 8) / Float(1 << 23) - 1
    }
  }
}
