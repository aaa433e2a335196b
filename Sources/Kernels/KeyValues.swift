import CKernels

/// Keys and values of one attention layer, kept for the positions that attend to them later.
///
/// Any number of threads may store different rows at the same time; a row is read after it was stored.
@safe public final class KeyValues: @unchecked Sendable {
  // Sendable although rows are written through a shared reference: callers store each row once before
  // anyone reads it, and different rows are different memory.

  /// Rows there is room for.
  public let rowCapacity: Int
  private let shape: AttentionShape
  /// `[row / 16, kv_head, d_head, row % 16]`.
  private let keys: FloatMatrix
  /// `[row, kv_head, d_head]`.
  private let values: FloatMatrix

  /// Makes room for rows.
  public init(_ shape: AttentionShape, rowCapacity: Int) {
    self.shape = shape
    self.rowCapacity = rowCapacity
    var kernelShape = shape.forKernel
    keys = FloatMatrix(rows: 1, width: unsafe ck_key_capacity(rowCapacity, &kernelShape))
    values = FloatMatrix(rows: rowCapacity, width: shape.keyValueHeadCount * shape.dHead)
  }

  /// The bytes that a number of rows takes.
  public static func byteCount(_ shape: AttentionShape, rows: Int) -> Int {
    var kernelShape = shape.forKernel
    let keyFloats = unsafe ck_key_capacity(rows, &kernelShape)
    return 4 * (keyFloats + rows * shape.keyValueHeadCount * shape.dHead)
  }

  /// Keeps keys and values.
  ///
  /// - Parameters:
  ///   - newKeys: `[row, kv_head, d_head]`, rotated.
  ///   - newValues: `[row, kv_head, d_head]`.
  ///   - rows: which rows of them.
  ///   - firstRow: where the first of them goes.
  public func store(
    keys newKeys: borrowing FloatMatrix, values newValues: borrowing FloatMatrix,
    rows: Range<Int>, at firstRow: Int
  ) {
    precondition(
      firstRow + rows.count <= rowCapacity,
      "rows up to \(firstRow + rows.count) in a store with room for \(rowCapacity)")
    var kernelShape = shape.forKernel
    unsafe ck_store_keys(
      newKeys.pointer(rows: rows), rows.count, keys.base, firstRow, &kernelShape)
    let target = unsafe values.pointer(rows: firstRow..<firstRow + rows.count)
    unsafe target.update(
      from: newValues.pointer(rows: rows), count: rows.count * values.width)
  }

  /// Takes the first rows of another store of the same shape, all of whose rows are there.
  ///
  /// - Parameters:
  ///   - count: how many rows.
  ///   - other: where they are.
  public func takeRows(_ count: Int, of other: KeyValues) {
    precondition(
      count <= rowCapacity && count <= other.rowCapacity && shape == other.shape,
      "\(count) rows from a store of \(other.rowCapacity) to one of \(rowCapacity)")
    // Keys lie in runs of rows, of which the last may be taken with more than is asked for.
    var kernelShape = shape.forKernel
    let keyFloats = unsafe ck_key_capacity(count, &kernelShape)
    unsafe keys.base.update(from: other.keys.base, count: keyFloats)
    unsafe values.pointer(rows: 0..<count).update(
      from: other.values.pointer(rows: 0..<count), count: count * values.width)
  }

  fileprivate var forKernel: (keys: UnsafePointer<Float>, values: UnsafePointer<Float>) {
    unsafe (UnsafePointer(keys.base), UnsafePointer(values.base))
  }
}

/// Where one sequence's keys and values lie.
public struct AttentionContext: Sendable {
  /// What holds them.
  public let keyValues: KeyValues
  /// The number of positions.
  public let positionCount: Int
  private let runs: [ck_row_run]

  /// Names the rows of positions `0..<`, in order; neighbours in the sequence may lie far apart.
  public init(_ keyValues: KeyValues, rows: some Sequence<Range<Int>>) {
    self.keyValues = keyValues
    runs = rows.filter { !$0.isEmpty }.map { run in
      precondition(
        run.upperBound <= keyValues.rowCapacity,
        "rows \(run) of a store with \(keyValues.rowCapacity)")
      return ck_row_run(first_row: run.lowerBound, count: run.count)
    }
    positionCount = runs.reduce(0) { $0 + $1.count }
  }

  private init(_ keyValues: KeyValues, runs: [ck_row_run], positionCount: Int) {
    self.keyValues = keyValues
    self.runs = runs
    self.positionCount = positionCount
  }

  /// The same rows of another store of at least as many rows.
  public func moved(to other: KeyValues) -> AttentionContext {
    precondition(
      other.rowCapacity >= keyValues.rowCapacity,
      "rows of a store with \(keyValues.rowCapacity) in one with \(other.rowCapacity)")
    return AttentionContext(other, runs: runs, positionCount: positionCount)
  }

  /// Keeps the keys and values of the last positions in their rows, which follow one another.
  ///
  /// - Parameters:
  ///   - keys: `[row, kv_head, d_head]`, rotated.
  ///   - values: `[row, kv_head, d_head]`.
  ///   - rows: which rows of them; as many last positions are stored.
  public func store(
    keys: borrowing FloatMatrix, values: borrowing FloatMatrix, rows: Range<Int>
  ) {
    guard let last = runs.last else { return }
    precondition(last.count >= rows.count, "\(rows.count) new positions in a run of \(last.count)")
    keyValues.store(
      keys: keys, values: values, rows: rows, at: last.first_row + last.count - rows.count)
  }

  /// Lends the context to a kernel.
  func withKernelContext(_ body: (ck_attention_context) -> Void) {
    let pointers = unsafe keyValues.forKernel
    unsafe runs.withUnsafeBufferPointer { runs in
      unsafe body(
        ck_attention_context(
          keys: pointers.keys, values: pointers.values, runs: runs.baseAddress))
    }
  }
}
