/// Looks at a site of one tile, row by row.
package final class RowReader: ActivationHook {
  /// Is handed a row of the layout and its values; called from several threads at a time.
  package typealias Look = @Sendable (_ row: Int, _ values: Span<Float>) -> Void

  package let sites: [HookSite]
  private let rows: [Int]
  private let look: Look

  /// Prepares to look.
  ///
  /// - Parameters:
  ///   - site: where.
  ///   - rows: the tile's rows of the layout.
  ///   - look: what to do with each row.
  package init(_ site: HookSite, rows: [Int], _ look: @escaping Look) {
    sites = [site]
    self.rows = rows
    self.look = look
  }

  package func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    for (index, row) in rows.enumerated() {
      look(row, activation.values.span.extracting(index * width..<(index + 1) * width))
    }
  }
}
