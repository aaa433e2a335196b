import Inference
import Kernels

/// Watches a layer-major pass through hooks, which each tile gets of its own.
final class PassHooks: PassObserver {
  /// Makes the hooks of the tile that holds some rows of the layout.
  typealias Make = @Sendable (_ rows: [Int]) -> [any ActivationHook]

  private let make: Make

  init(_ make: @escaping Make) {
    self.make = make
  }

  func hooks(rows: [Int]) -> [any ActivationHook] { make(rows) }

  func begin(_ stage: PassStage) {}

  func end(_ stage: PassStage) -> Bool { true }
}

/// Looks at a site of one tile, row by row.
final class RowReader: ActivationHook {
  /// Is handed a row of the layout and its values; called from several threads at a time.
  typealias Look = @Sendable (_ row: Int, _ values: Span<Float>) -> Void

  let sites: [HookSite]
  private let rows: [Int]
  private let look: Look

  /// Prepares to look.
  ///
  /// - Parameters:
  ///   - site: where.
  ///   - rows: the tile's rows of the layout.
  ///   - look: what to do with each row.
  init(_ site: HookSite, rows: [Int], _ look: @escaping Look) {
    sites = [site]
    self.rows = rows
    self.look = look
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    for (index, row) in rows.enumerated() {
      look(row, activation.values.span.extracting(index * width..<(index + 1) * width))
    }
  }
}
