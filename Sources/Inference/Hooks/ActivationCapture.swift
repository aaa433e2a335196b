/// Copies chosen rows of chosen sites out of a pass.
public final class ActivationCapture: ActivationHook {
  public let sites: [HookSite]
  /// Batch rows to copy, in the order wanted; nil for all.
  private let rows: [Int]?
  private var copies: [HookSite: [Float]] = [:]

  /// Captures sites.
  ///
  /// - Parameters:
  ///   - sites: where to copy.
  ///   - rows: batch rows to copy; nil for all.
  public init(sites: [HookSite], rows: [Int]? = nil) {
    self.sites = sites
    self.rows = rows
  }

  /// What was copied at a site in the last pass, `[row, width]` row-major; empty if it did not fire.
  public subscript(site: HookSite) -> [Float] {
    copies[site] ?? []
  }

  public func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    let wanted = activation.sequence == nil ? rows : nil
    let count = wanted?.count ?? activation.rowCount
    // Scores and patterns come once for each sequence and follow one another.
    let earlier = (activation.sequence ?? 0) == 0 ? [] : copies[site] ?? []
    var copied = earlier
    copied.reserveCapacity(earlier.count + count * width)
    for target in 0..<count {
      let row = wanted.map { activation.row(ofBatchRow: $0[target]) } ?? target
      activation.append(row: row, to: &copied)
    }
    copies[site] = copied
  }
}

extension ActivationView {
  /// Appends a copy of a row to an array.
  public func append(row: Int, to array: inout [Float]) {
    let values = values.span.extracting(row * width..<(row + 1) * width)
    unsafe values.withUnsafeBufferPointer { unsafe array.append(contentsOf: $0) }
  }

  /// The row that stands for a batch row.
  public func row(ofBatchRow batchRow: Int) -> Int {
    guard let batchRows else { return batchRow }
    guard let row = batchRows.firstIndex(of: batchRow) else {
      preconditionFailure("batch row \(batchRow) is not among the rows computed here")
    }
    return row
  }
}
