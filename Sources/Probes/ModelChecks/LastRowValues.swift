import Inference
import Synchronization

/// A value for each prompt of a batch, computed from a site's row at the prompt's last position.
final class LastRowValues<Value: Sendable>: Sendable {
  /// The rows of the layout that are looked at.
  let rows: Set<Int>
  private let batch: PromptBatch
  private let found = Mutex<[Int: Value]>([:])

  init(_ batch: PromptBatch) {
    self.batch = batch
    rows = Set(batch.lastRows)
  }

  /// A hook that computes the values of one tile, from a row of the layout and what it holds.
  func reader(
    _ site: HookSite, rows tile: [Int],
    _ value: @escaping @Sendable (_ row: Int, Span<Float>) -> Value
  ) -> RowReader {
    RowReader(site, rows: tile) { row, values in
      guard self.rows.contains(row) else { return }
      let found = value(row, values)
      self.found.withLock { $0[row] = found }
    }
  }

  /// The values in the order of the prompts, once a pass has run.
  var values: [Value] {
    let found = found.withLock { $0 }
    return batch.lastRows.map { row in
      guard let value = found[row] else { preconditionFailure("row \(row) was not computed") }
      return value
    }
  }
}
