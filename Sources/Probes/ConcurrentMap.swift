import Dispatch
import Synchronization

/// Maps indices to values on several threads; the result does not depend on how many.
///
/// Threads take the next index when they are done with one, since cells differ in cost.
///
/// - Throws: the error of the lowest index that failed; later indices may not have been tried.
func concurrentMap<Value: Sendable>(
  count: Int, threads: Int, _ body: @Sendable (Int) throws -> Value
) throws -> [Value] {
  let next = Mutex(0)
  let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
  let failed = Mutex(false)
  DispatchQueue.concurrentPerform(iterations: min(max(threads, 1), max(count, 1))) { _ in
    while true {
      let index = next.withLock { value in
        value += 1
        return value - 1
      }
      if index >= count || failed.withLock({ $0 }) { return }
      let result = Result { try body(index) }
      if case .failure = result { failed.withLock { $0 = true } }
      results.withLock { $0[index] = result }
    }
  }
  var values: [Value] = []
  values.reserveCapacity(count)
  for result in results.withLock({ $0 }) {
    if let result { values.append(try result.get()) }
  }
  return values
}
