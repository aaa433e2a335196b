import Inference

/// Watches a layer-major pass through hooks, which each tile gets of its own.
final class PassHooks: PassObserver {
  /// Makes the hooks of the tile that holds some rows of the layout.
  typealias Make = @Sendable (_ rows: [Int]) -> [any ActivationHook]

  private let make: Make
  private let onEnd: @Sendable (PassStage) -> Void

  /// Watches a pass.
  ///
  /// - Parameters:
  ///   - make: makes the hooks of a tile.
  ///   - onEnd: called when all rows are through a stage.
  init(_ make: @escaping Make, onEnd: @escaping @Sendable (PassStage) -> Void = { _ in }) {
    self.make = make
    self.onEnd = onEnd
  }

  func hooks(rows: [Int]) -> [any ActivationHook] { make(rows) }

  func begin(_ stage: PassStage) {}

  func end(_ stage: PassStage) -> Bool {
    onEnd(stage)
    return true
  }
}
