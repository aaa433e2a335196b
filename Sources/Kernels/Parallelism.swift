import CKernels
import Dispatch
import Synchronization

/// Runs `body` for every index, on at most `threads` threads; results may not depend on the order.
///
/// Each worker takes the next index when it is free. Products inside run on one thread, so the machine
/// is never asked for more threads than `threads`.
public func parallelFor(count: Int, threads: Int, _ body: @Sendable (_ index: Int) -> Void) {
  let workers = min(threads, count)
  guard workers > 1 else {
    for index in 0..<count { body(index) }
    return
  }
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: workers) { _ in
    setProductThreads(1)
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }
}

/// Sets how many threads products started by the calling thread use.
public func setProductThreads(_ count: Int) {
  ck_set_openmp_threads(Int32(clamping: count))
}
