import CKernels

extension AttentionShape {
  /// Turns the derivative by head outputs into those by rotated queries and keys and by values.
  ///
  /// Sequences are whole, from position 0. Patterns are computed anew, a tile at a time.
  ///
  /// - Parameters:
  ///   - queries: `[row, head, d_head]`, rotated.
  ///   - keys: `[row, kv_head, d_head]`, rotated.
  ///   - values: `[row, kv_head, d_head]`.
  ///   - gradient: `[row, head, d_head]`, the derivative by the head outputs.
  ///   - sequences: the rows of each sequence.
  ///   - queryGradient: as `queries`, overwritten.
  ///   - keyGradient: as `keys`, overwritten.
  ///   - valueGradient: as `values`, overwritten.
  ///   - threads: how many heads are worked on at a time.
  public func attendBackward(
    queries: borrowing FloatMatrix, keys: borrowing FloatMatrix, values: borrowing FloatMatrix,
    gradient: borrowing FloatMatrix, sequences: [Range<Int>], queryGradient: inout FloatMatrix,
    keyGradient: inout FloatMatrix, valueGradient: inout FloatMatrix, threads: Int
  ) {
    let width = headCount * dHead
    let keyWidth = keyValueHeadCount * dHead
    precondition(
      queries.width == width && gradient.width == width && queryGradient.width == width
        && keys.width == keyWidth && values.width == keyWidth && keyGradient.width == keyWidth
        && valueGradient.width == keyWidth,
      "attention of \(headCount) and \(keyValueHeadCount) heads of \(dHead) backwards")
    let rows = 0..<(sequences.map(\.upperBound).max() ?? 0)
    nonisolated(unsafe) let q = unsafe queries.pointer(rows: rows)
    nonisolated(unsafe) let k = unsafe keys.pointer(rows: rows)
    nonisolated(unsafe) let v = unsafe values.pointer(rows: rows)
    nonisolated(unsafe) let d = unsafe gradient.pointer(rows: rows)
    nonisolated(unsafe) let dq = unsafe queryGradient.pointer(rows: rows)
    nonisolated(unsafe) let dk = unsafe keyGradient.pointer(rows: rows)
    nonisolated(unsafe) let dv = unsafe valueGradient.pointer(rows: rows)
    let heads = keyValueHeadCount
    let kernelShape = forKernel
    var shape = forKernel
    let longest = sequences.map(\.count).max() ?? 0
    let scratch = unsafe FloatMatrix(
      rows: threads, width: ck_attention_backward_scratch(longest, &shape))
    nonisolated(unsafe) let room = unsafe scratch.base
    let share = scratch.width
    parallelFor(
      count: sequences.count * heads, workers: Array(0..<threads)
    ) { index, worker in
      let sequence = sequences[index / heads]
      let (at, keyAt) = (sequence.lowerBound * width, sequence.lowerBound * keyWidth)
      var shape = kernelShape
      unsafe ck_causal_attention_backward(
        q + at, k + keyAt, v + keyAt, d + at, sequence.count, index % heads, dq + at, dk + keyAt,
        dv + keyAt, room + worker * share, &shape)
    }
  }
}
