import CKernels

extension AttentionShape {
  /// Turns the derivative by head outputs into those by rotated queries and keys and by values.
  ///
  /// Patterns are computed anew, a tile at a time. Rows that several sequences begin with get the sum of what
  /// each of these gives them, in the order of sequences.
  ///
  /// - Parameters:
  ///   - queries: `[row, head, d_head]`, rotated.
  ///   - keys: `[row, kv_head, d_head]`, rotated.
  ///   - values: `[row, kv_head, d_head]`.
  ///   - gradient: `[row, head, d_head]`, the derivative by the head outputs.
  ///   - paths: for each sequence the rows of its positions from position 0; the last run is its own, and
  ///     earlier ones are those of sequences before it.
  ///   - queryGradient: as `queries`, overwritten.
  ///   - keyGradient: as `keys`, overwritten.
  ///   - valueGradient: as `values`, overwritten.
  ///   - threads: how many heads are worked on at a time.
  public func attendBackward(
    queries: borrowing FloatMatrix, keys: borrowing FloatMatrix, values: borrowing FloatMatrix,
    gradient: borrowing FloatMatrix, paths: [[Range<Int>]], queryGradient: inout FloatMatrix,
    keyGradient: inout FloatMatrix, valueGradient: inout FloatMatrix, threads: Int
  ) {
    let width = headCount * dHead
    let keyWidth = keyValueHeadCount * dHead
    precondition(
      queries.width == width && gradient.width == width && queryGradient.width == width
        && keys.width == keyWidth && values.width == keyWidth && keyGradient.width == keyWidth
        && valueGradient.width == keyWidth,
      "attention of \(headCount) and \(keyValueHeadCount) heads of \(dHead) backwards")
    let rows = 0..<(paths.joined().map(\.upperBound).max() ?? 0)
    nonisolated(unsafe) let q = unsafe queries.pointer(rows: rows)
    nonisolated(unsafe) let k = unsafe keys.pointer(rows: rows)
    nonisolated(unsafe) let v = unsafe values.pointer(rows: rows)
    nonisolated(unsafe) let d = unsafe gradient.pointer(rows: rows)
    nonisolated(unsafe) let dq = unsafe queryGradient.pointer(rows: rows)
    nonisolated(unsafe) let dk = unsafe keyGradient.pointer(rows: rows)
    nonisolated(unsafe) let dv = unsafe valueGradient.pointer(rows: rows)

    let earlier = EarlierRows(paths)
    let earlierKeys = FloatMatrix(rows: earlier.count, width: keyWidth)
    let earlierValues = FloatMatrix(rows: earlier.count, width: keyWidth)
    nonisolated(unsafe) let dkEarlier = unsafe earlierKeys.base
    nonisolated(unsafe) let dvEarlier = unsafe earlierValues.base

    let heads = keyValueHeadCount
    let kernelShape = forKernel
    var shape = forKernel
    let longest = paths.map { $0.reduce(0) { $0 + $1.count } }.max() ?? 0
    let scratch = unsafe FloatMatrix(
      rows: threads, width: ck_attention_backward_scratch(longest, &shape))
    nonisolated(unsafe) let room = unsafe scratch.base
    let share = scratch.width
    parallelFor(
      count: paths.count * heads, workers: Array(0..<threads)
    ) { index, worker in
      let runs = paths[index / heads].map { ck_row_run(first_row: $0.lowerBound, count: $0.count) }
      let at = earlier.starts[index / heads] * keyWidth
      var shape = kernelShape
      unsafe ck_causal_attention_backward(
        q, k, v, d, runs, runs.count, index % heads, dq, dk, dv, dkEarlier + at, dvEarlier + at,
        room + worker * share, &shape)
    }
    for (from, run) in earlier.runs {
      let (at, count) = (run.lowerBound * keyWidth, run.count * keyWidth)
      unsafe ck_add(dk + at, dkEarlier + from * keyWidth, count)
      unsafe ck_add(dv + at, dvEarlier + from * keyWidth, count)
    }
  }
}

/// The rows before each sequence's own, one after the other.
private struct EarlierRows: Sendable {
  /// Where each sequence's begin.
  private(set) var starts: [Int] = []
  /// Where each run begins, and the rows it stands for.
  private(set) var runs: [(start: Int, rows: Range<Int>)] = []
  /// How many there are.
  private(set) var count = 0

  init(_ paths: [[Range<Int>]]) {
    for path in paths {
      starts.append(count)
      for run in path.dropLast() {
        runs.append((count, run))
        count += run.count
      }
    }
  }
}
