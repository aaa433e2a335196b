import Inference

/// Copies the planned rows of a batch's prompts to the store as they are computed.
///
/// Rows leave at once, site by site: nothing is held for later than the row being copied.
final class RowCapture: ActivationHook {
  let sites: [HookSite]
  /// The first error of the store; nothing is written after it.
  private(set) var failure: ActivationStoreError?

  private let writer: ActivationWriter
  private let firstRow: Int
  private let rows: [BatchRow]

  /// A planned row, in terms of the batch.
  struct BatchRow {
    /// The sequence's rows in the batch.
    let sequence: Range<Int>
    /// The position in the sequence; nil for the mean over it.
    let position: Int?
  }

  /// Prepares to copy.
  ///
  /// - Parameters:
  ///   - sites: where.
  ///   - rows: which rows, in the order of the plan.
  ///   - firstRow: the place of the first of them in the plan.
  ///   - writer: where they go.
  init(sites: [HookSite], rows: [BatchRow], firstRow: Int, writer: ActivationWriter) {
    self.sites = sites
    self.rows = rows
    self.firstRow = firstRow
    self.writer = writer
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    guard failure == nil else { return }
    var values: [Float] = []
    values.reserveCapacity(rows.count * activation.width)
    for row in rows {
      if let position = row.position {
        let batchRow = row.sequence.lowerBound + position
        activation.append(row: activation.row(ofBatchRow: batchRow), to: &values)
      } else {
        values += mean(over: row.sequence, of: activation)
      }
    }
    do throws(ActivationStoreError) {
      try writer.write(
        values.span, site: site.kind.rawValue, layer: site.layer, firstRow: firstRow)
    } catch {
      failure = error
    }
  }

  /// The mean of a sequence's rows, summed in double precision.
  private func mean(over sequence: Range<Int>, of activation: borrowing ActivationView) -> [Float] {
    var sums = [Double](repeating: 0, count: activation.width)
    for batchRow in sequence {
      let start = activation.row(ofBatchRow: batchRow) * activation.width
      for column in sums.indices { sums[column] += Double(activation.values[start + column]) }
    }
    return sums.map { Float($0 / Double(sequence.count)) }
  }
}
