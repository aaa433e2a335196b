import CKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs `body` for every index, on at most `threads` threads; results may not depend on the order.
///
/// Each thread takes the next index when it is free. Products inside run on one thread, so the machine
/// is never asked for more threads than `threads`.
public func parallelFor(count: Int, threads: Int, _ body: @Sendable (_ index: Int) -> Void) {
  let workers: [Void] = Array(repeating: (), count: min(threads, count))
  parallelFor(count: count, workers: workers) { index, _ in body(index) }
}

/// Runs `body` for every index, on a thread for each worker; indices are taken in order.
///
/// - Parameters:
///   - count: the number of indices.
///   - workers: what each thread has for itself, such as buffers.
///   - body: is handed an index and the worker of its thread.
public func parallelFor<Worker: Sendable>(
  count: Int, workers: [Worker], _ body: @Sendable (_ index: Int, _ worker: Worker) -> Void
) {
  let used = min(workers.count, count)
  guard used > 1 else {
    setProductThreads(1)
    if let worker = workers.first { for index in 0..<count { body(index, worker) } }
    return
  }
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: used) { worker in
    setProductThreads(1)
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index, workers[worker])
    }
  }
}

/// Runs `body` for runs of rows or columns; how they are cut does not depend on the number of threads.
func forEachRun(of count: Int, threads: Int, _ body: @Sendable (_ run: Range<Int>) -> Void) {
  // One thread needs no cutting: no value depends on the others of its run.
  if threads <= 1 { return body(0..<count) }
  let size = 64
  parallelFor(count: (count + size - 1) / size, threads: threads) { index in
    body(index * size..<min(count, (index + 1) * size))
  }
}

/// Cuts runs of rows into pieces of at most a size, for threads to take one by one; one thread takes each run
/// whole.
func pieces(
  of runs: [Range<Int>], size: Int = 64, threads: Int
) -> [(run: Int, rows: Range<Int>)] {
  runs.enumerated().flatMap { index, rows in
    let size = threads <= 1 ? max(rows.count, 1) : size
    return stride(from: rows.lowerBound, to: rows.upperBound, by: size).map {
      (index, $0..<min($0 + size, rows.upperBound))
    }
  }
}

/// Maps every index to a value, on at most `threads` threads; the values are in the order of the indices.
///
/// - Throws: the error of the lowest index that failed; later ones may not have been tried.
public func parallelMap<Value: Sendable>(
  count: Int, threads: Int, _ body: @Sendable (_ index: Int) throws -> Value
) throws -> [Value] {
  let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
  let hasFailed = Atomic<Bool>(false)
  parallelFor(count: count, threads: threads) { index in
    if hasFailed.load(ordering: .relaxed) { return }
    let result = Result { try body(index) }
    if case .failure = result { hasFailed.store(true, ordering: .relaxed) }
    results.withLock { $0[index] = result }
  }
  return try results.withLock { $0 }.compactMap { try $0?.get() }
}

/// Sets how many threads products started by the calling thread use.
public func setProductThreads(_ count: Int) {
  ck_set_openmp_threads(Int32(clamping: count))
}

/// Lets another thread have the processor for a moment.
public func yieldProcessor() {
  sched_yield()
}
