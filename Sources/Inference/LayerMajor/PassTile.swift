import Kernels
import Synchronization

/// Some rows of a layer-major pass, which one thread takes through a block at a time.
@safe final class PassTile: @unchecked Sendable {
  // Sendable although it holds buffers: one thread works on a tile at a time, and a layer ends before the
  // next begins.

  /// The rows of the layout.
  let rows: [Int]
  let batch: TokenBatch
  private(set) var contexts: [AttentionContext]
  let hooks: HookTable
  /// The residual stream, `[row, d_model]`.
  var residual: FloatMatrix
  /// Whether keys and values of the layer under way are stored.
  private let hasStored = Atomic<Bool>(false)

  init(
    rows: [Int], of layout: PrefixLayout, keyValues: KeyValues?, hooks: [any ActivationHook],
    for description: DecoderDescription
  ) {
    self.rows = rows
    (batch, contexts) = layout.batch(rows: rows, keyValues: keyValues)
    self.hooks = HookTable(hooks, for: description)
    residual = FloatMatrix(rows: rows.count, width: description.dModel)
  }

  /// Prepares for the next layer, whose keys and values may have a place of their own.
  func begin(in keyValues: KeyValues?) {
    if let keyValues { contexts = contexts.map { $0.moved(to: keyValues) } }
    hasStored.store(false, ordering: .relaxed)
  }

  /// Tells other tiles that this one's keys and values are there.
  func announceStored() { hasStored.store(true, ordering: .releasing) }

  /// Waits for this tile's keys and values.
  func waitUntilStored() {
    // Tiles are taken in order, and storing comes before waiting, so the wait is for a thread at work.
    while !hasStored.load(ordering: .acquiring) { yieldProcessor() }
  }
}

/// The buffers of one thread of a layer-major pass.
final class PassWorker: @unchecked Sendable {
  // Sendable: each thread has its own.
  var space: DecoderWorkspace

  init(_ description: DecoderDescription) {
    space = DecoderWorkspace(for: description)
  }
}
