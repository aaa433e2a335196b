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

  private func forKernel(queries: Int, firstPosition: Int) -> ck_attention_shape {
    ck_attention_shape(
      query_count: queries, first_position: firstPosition, head_count: headCount,
      key_value_head_count: keyValueHeadCount, d_head: dHead, window: window ?? 0)
  }

  /// Attends from the queries of one sequence to its keys and values.
  ///
  /// A row of the output depends on its own query and on earlier keys and values alone, and is summed in
  /// an order that depends on its position alone.
  ///
  /// - Parameters:
  ///   - queries: `[row, head, d_head]`, rotated.
  ///   - rows: this sequence's rows in `queries` and `output`.
  ///   - keys: `[position, kv_head, d_head]`, rotated.
  ///   - values: `[position, kv_head, d_head]`.
  ///   - keyRows: this sequence's rows in `keys` and `values`, from position 0; the last `rows.count` of
  ///     them are the queries' own.
  ///   - scratch: at least one row as wide as `keyRows.count`.
  ///   - output: `[row, head, d_head]`, overwritten.
  public func attend(
    queries: borrowing FloatMatrix, rows: Range<Int>, keys: borrowing FloatMatrix,
    values: borrowing FloatMatrix, keyRows: Range<Int>, scratch: inout FloatMatrix,
    into output: inout FloatMatrix
  ) {
    precondition(
      scratch.width * scratch.rowCapacity >= keyRows.count, "attention scratch too small")
    var shape = forKernel(queries: rows.count, firstPosition: keyRows.count - rows.count)
    unsafe ck_causal_attention(
      queries.pointer(rows: rows), keys.pointer(rows: keyRows), values.pointer(rows: keyRows),
      output.pointer(rows: rows), scratch.base, &shape)
  }

  /// Masked scores of every head, `[head, query_pos, key_pos]`; what a query may not see is -infinity.
  public func scores(
    queries: borrowing FloatMatrix, rows: Range<Int>, keys: borrowing FloatMatrix,
    keyRows: Range<Int>, into scores: inout FloatMatrix
  ) {
    let first = keyRows.count - rows.count
    var shape = forKernel(queries: rows.count, firstPosition: first)
    for head in 0..<headCount {
      for row in 0..<rows.count {
        let target = head * rows.count + row
        let query = unsafe queries.pointer(rows: rows) + row * queries.width + head * dHead
        let key = unsafe keys.pointer(rows: keyRows) + keyColumn(ofHead: head)
        unsafe ck_attention_scores(
          query, key, scores.pointer(rows: target..<target + 1), first + row, keyRows.count, &shape)
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
    pattern: borrowing FloatMatrix, rows: Range<Int>, values: borrowing FloatMatrix,
    keyRows: Range<Int>, into output: inout FloatMatrix
  ) {
    let first = keyRows.count - rows.count
    var shape = forKernel(queries: rows.count, firstPosition: first)
    for head in 0..<headCount {
      for row in 0..<rows.count {
        let from = head * rows.count + row
        let target = unsafe output.pointer(rows: rows) + row * output.width + head * dHead
        let value = unsafe values.pointer(rows: keyRows) + keyColumn(ofHead: head)
        unsafe ck_attention_mix(
          pattern.pointer(rows: from..<from + 1), value, target, first + row + 1, &shape)
      }
    }
  }

  private func keyColumn(ofHead head: Int) -> Int {
    head / (headCount / keyValueHeadCount) * dHead
  }
}
