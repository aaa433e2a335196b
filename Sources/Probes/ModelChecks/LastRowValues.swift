import Inference
import Synchronization

/// A number for each prompt of a batch, computed from a site's row at the prompt's last position.
final class LastRowValues: Sendable {
  /// The rows of the layout that are looked at.
  let rows: Set<Int>
  private let batch: PromptBatch
  private let found = Mutex<[Int: Double]>([:])

  init(_ batch: PromptBatch) {
    self.batch = batch
    rows = Set(batch.lastRows)
  }

  /// A hook that computes the numbers of one tile.
  func reader(
    _ site: HookSite, rows tile: [Int], _ value: @escaping @Sendable (Span<Float>) -> Double
  ) -> RowReader {
    RowReader(site, rows: tile) { row, values in
      guard self.rows.contains(row) else { return }
      let number = value(values)
      self.found.withLock { $0[row] = number }
    }
  }

  /// The numbers in the order of the prompts, once a pass has run.
  var values: [Double] {
    let found = found.withLock { $0 }
    return batch.lastRows.map { row in
      guard let value = found[row] else { preconditionFailure("row \(row) was not computed") }
      return value
    }
  }
}
