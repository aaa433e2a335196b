import CKernels

/// Head counts and sizes of an attention layer.
public struct AttentionShape: Sendable, Hashable {
  /// Query heads.
  public let headCount: Int
  /// Key and value heads; query heads share them in equal groups.
  public let keyValueHeadCount: Int
  /// Channels of a head.
  public let dHead: Int
  /// How many latest positions a query sees, itself included; nil for all.
  public let window: Int?

  /// Describes an attention layer.
  public init(headCount: Int, keyValueHeadCount: Int, dHead: Int, window: Int?) {
    precondition(
      keyValueHeadCount > 0 && headCount % keyValueHeadCount == 0,
      "\(headCount) heads cannot share \(keyValueHeadCount) key-value heads equally")
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.dHead = dHead
    self.window = window
  }

  var forKernel: ck_attention_shape {
    ck_attention_shape(
      head_count: headCount, key_value_head_count: keyValueHeadCount, d_head: dHead,
      window: window ?? 0)
  }

  /// Query heads that share a key-value head.
  private var groupSize: Int { headCount / keyValueHeadCount }

  /// Floats of scratch that attending up to a number of positions takes.
  public func scratchCount(positions: Int) -> Int { groupSize * positions }

  /// Attends from the last positions of sequences to all before them and themselves.
  ///
  /// A row of the output depends on its own query and on earlier keys and values alone, and is summed in
  /// an order that depends on its position alone.
  ///
  /// - Parameters:
  ///   - queries: `[row, head, d_head]`, rotated.
  ///   - sequences: the rows of each sequence's last positions in `queries` and `output`.
  ///   - contexts: for each of them, the keys and values of all its positions.
  ///   - scratch: at least `scratchCount` floats of the longest for each thread.
  ///   - output: `[row, head, d_head]`, overwritten.
  ///   - threads: how many threads divide the rows.
  public func attend(
    queries: borrowing FloatMatrix, _ sequences: [Range<Int>], to contexts: [AttentionContext],
    scratch: inout FloatMatrix, into output: inout FloatMatrix, threads: Int = 1
  ) {
    let share = scratchCount(positions: contexts.map(\.positionCount).max() ?? 0)
    precondition(
      scratch.width * scratch.rowCapacity >= share * threads, "attention scratch too small")
    let width = headCount * dHead
    let kernelShape = forKernel
    let rows = 0..<(sequences.map(\.upperBound).max() ?? 0)
    nonisolated(unsafe) let q = unsafe queries.pointer(rows: rows)
    nonisolated(unsafe) let target = unsafe output.pointer(rows: rows)
    nonisolated(unsafe) let room = unsafe scratch.base
    // Rows can be cut anywhere: each is the same bits alone.
    let pieces = pieces(of: sequences, size: 32, threads: threads)
    parallelFor(count: pieces.count, workers: Array(0..<max(threads, 1))) { index, worker in
      let (sequence, rows) = pieces[index]
      let context = contexts[sequence]
      let position = context.positionCount - (sequences[sequence].upperBound - rows.lowerBound)
      unsafe context.withKernelContext { context in
        var context = unsafe context
        var shape = kernelShape
        unsafe ck_causal_attention(
          q + rows.lowerBound * width, rows.count, position, &context,
          target + rows.lowerBound * width, room + worker * share, &shape)
      }
    }
  }

  /// Masked scores of every head, `[head, query_pos, key_pos]`; what a query may not see is -infinity.
  public func scores(
    queries: borrowing FloatMatrix, rows: Range<Int>, to context: AttentionContext,
    into scores: inout FloatMatrix
  ) {
    unsafe forEachGroup(rows: rows, context) { row, keyValueHead, position, context, shape in
      let query = unsafe queries.pointer(rows: rows) + self.column(row, keyValueHead)
      let first = keyValueHead * self.groupSize * rows.count + row
      let stride = rows.count * scores.width
      let target = unsafe scores.pointer(rows: first..<first + 1)
      unsafe ck_attention_scores(
        query, &context, keyValueHead, position, target, stride, &shape)
      for head in 0..<self.groupSize {
        for key in position + 1..<scores.width {
          unsafe target[head * stride + key] = -.infinity
        }
      }
    }
  }

  /// Turns scores into patterns in place, `[head, query_pos, key_pos]`.
  public func softmax(_ scores: inout FloatMatrix, queries: Int, firstPosition: Int) {
    for row in 0..<headCount * queries {
      // Only the visible part is summed, as in the fused path, so that both give the same bits.
      let visible = firstPosition + row % queries + 1
      let values = unsafe scores.pointer(rows: row..<row + 1)
      unsafe ck_softmax(values, visible)
      for index in visible..<scores.width { unsafe values[index] = 0 }
    }
  }

  /// Sums values by pattern into head outputs, `[row, head, d_head]`.
  public func mix(
    pattern: borrowing FloatMatrix, rows: Range<Int>, of context: AttentionContext,
    into output: inout FloatMatrix
  ) {
    unsafe forEachGroup(rows: rows, context) { row, keyValueHead, position, context, shape in
      let first = keyValueHead * self.groupSize * rows.count + row
      unsafe ck_attention_mix(
        pattern.pointer(rows: first..<first + 1), rows.count * pattern.width, &context,
        keyValueHead, position, output.pointer(rows: rows) + self.column(row, keyValueHead), &shape)
    }
  }

  private func forEachGroup(
    rows: Range<Int>, _ context: AttentionContext,
    _ body: (
      _ row: Int, _ keyValueHead: Int, _ position: Int, inout ck_attention_context,
      inout ck_attention_shape
    ) -> Void
  ) {
    let first = context.positionCount - rows.count
    var shape = forKernel
    unsafe context.withKernelContext { context in
      var context = unsafe context
      for row in 0..<rows.count {
        for keyValueHead in 0..<keyValueHeadCount {
          unsafe body(row, keyValueHead, first + row, &context, &shape)
        }
      }
    }
  }

  /// Where the queries of a row's group start, counted in floats.
  private func column(_ row: Int, _ keyValueHead: Int) -> Int {
    (row * keyValueHeadCount + keyValueHead) * groupSize * dHead
  }
}
