import Synchronization

/// A progress bar that any thread may draw.
final class SharedProgress: Sendable {
  private let bar: Mutex<ProgressBar>

  init(label: String, unit: String) {
    bar = Mutex(ProgressBar(label: label, unit: unit))
  }

  /// Draws the bar, at most ten times a second, with a note behind it.
  func update(done: Int, of total: Int, note: String = "") {
    bar.withLock { $0.update(done: done, of: total, note: note) }
  }
}
