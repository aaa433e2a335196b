import Synchronization

/// Counts what any thread has done, and tells it.
final class SharedCount: Sendable {
  private let count = Atomic<Int>(0)
  private let total: Int
  private let onChange: @Sendable (_ done: Int, _ total: Int) -> Void

  init(_ onChange: @escaping @Sendable (_ done: Int, _ total: Int) -> Void, total: Int) {
    self.onChange = onChange
    self.total = total
  }

  /// One more is done.
  func advance() {
    onChange(count.add(1, ordering: .relaxed).newValue, total)
  }
}
