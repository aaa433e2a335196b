import Dispatch
import Foundation
import Kernels

/// Carries finished rows to a store on a thread of its own, so that computing need not wait for the disk.
///
/// What is on the way is bounded: whoever brings more waits.
final class WriteQueue: @unchecked Sendable {
  // Sendable: what changes is behind the condition.

  /// The bytes that may be on the way; a single larger piece goes alone.
  static let byteLimit = 32 << 20

  private let writer: ActivationWriter
  private let queue = DispatchQueue(label: "activation writer")
  private let condition = NSCondition()
  private var pendingBytes = 0
  private var failure: ActivationStoreError?
  private var waited = Duration.zero
  private var firstWrite: ContinuousClock.Instant?

  init(_ writer: ActivationWriter) {
    self.writer = writer
  }

  /// Brings consecutive rows of one dataset.
  ///
  /// - Throws: the first failure of the store; nothing is written after it.
  func put(
    _ rows: SharedRows, site: String, layer: Int?, firstRow: Int
  ) throws(ActivationStoreError) {
    try wait { self.pendingBytes == 0 || self.pendingBytes + rows.byteCount <= Self.byteLimit }
    condition.withLock { pendingBytes += rows.byteCount }
    queue.async { [self] in
      var failure = condition.withLock { self.failure }
      if failure == nil {
        do throws(ActivationStoreError) {
          try writer.write(
            rows[rows: 0..<rows.count], site: site, layer: layer, firstRow: firstRow)
        } catch {
          failure = error
        }
      }
      condition.withLock {
        self.failure = failure
        firstWrite = firstWrite ?? .now
        pendingBytes -= rows.byteCount
        condition.broadcast()
      }
    }
  }

  /// Waits until everything brought is in the file.
  func drain() throws(ActivationStoreError) {
    try wait { self.pendingBytes == 0 }
  }

  /// How long those who brought rows waited in all.
  var waitedDuration: Duration { condition.withLock { waited } }

  /// When the first rows were in the file.
  var firstWriteInstant: ContinuousClock.Instant? { condition.withLock { firstWrite } }

  private func wait(until isSatisfied: () -> Bool) throws(ActivationStoreError) {
    let first = condition.withLock {
      let start = ContinuousClock.now
      while failure == nil, !isSatisfied() { condition.wait() }
      waited += start.duration(to: .now)
      return failure
    }
    if let first { throw first }
  }
}
