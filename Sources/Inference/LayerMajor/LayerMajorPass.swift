package import Kernels
import Synchronization

/// A step of a layer-major pass, at whose end all rows have gone through it.
public enum PassStage: Sendable, Hashable {
  /// Token embeddings.
  case embedding
  /// A block.
  case layer(Int)
  /// The final norm and logits.
  case head
}

/// What looks at a layer-major pass.
///
/// A tile's hooks are called on one thread at a time, those of different tiles at the same time. A row may
/// stand for several sequences, and rows that nobody wants may not reach the last block's later sites.
public protocol PassObserver: AnyObject, Sendable {
  /// Makes the hooks of the tile that holds some rows of the layout.
  func hooks(rows: [Int]) -> [any ActivationHook]
  /// Called before the first row of a stage is computed.
  func begin(_ stage: PassStage)
  /// Called when all rows are through a stage; false ends the pass.
  func end(_ stage: PassStage) throws -> Bool
}

/// Takes many sequences through a decoder together, layer by layer.
///
/// Every block's weights are used for all rows before the next block's are, and the next block is read
/// meanwhile if it is not in memory. Rows are cut into tiles without regard to where sequences end: a row's
/// bits depend on its own sequence alone.
public final class LayerMajorPass: Sendable {
  /// Rows in a tile: enough for products at full speed, few enough for what is computed of them to stay in
  /// a core's own cache.
  public static let rowsPerTile = 64

  private let decoder: Decoder
  private let depth: PassDepth
  private let workers: [PassWorker]

  /// Prepares to compute what some sites need.
  ///
  /// - Parameters:
  ///   - decoder: the model, loaded with its head if logits are among the sites.
  ///   - sites: where observers look; nothing beyond the last of them is computed.
  ///   - threads: how many tiles are worked on at a time.
  public init(_ decoder: Decoder, sites: [HookSite], threads: Int) {
    self.decoder = decoder
    depth = PassDepth(sites, layerCount: decoder.description.layerCount)
    workers = (0..<threads).map { _ in PassWorker(decoder.description) }
  }

  /// How many blocks a pass computes, at least in part, for some sites.
  public static func layerCount(
    for sites: [HookSite], in description: DecoderDescription
  ) -> Int {
    PassDepth(sites, layerCount: description.layerCount).layerCount
  }

  /// Runs a pass.
  ///
  /// - Parameters:
  ///   - layout: the sequences.
  ///   - wanted: the rows that anyone looks at, ascending; of others the last block computes only what the
  ///     wanted ones attend to.
  ///   - start: where to begin; nil for the token embedding.
  ///   - observer: looks and takes.
  /// - Returns: whether the pass went to its end.
  /// - Throws: `ModelFileError` where weights cannot be read, or the observer's error.
  public func run(
    _ layout: PrefixLayout, wanted: [Int], from start: PassStart? = nil,
    observer: any PassObserver
  ) throws -> Bool {
    try run(layout, wanted: wanted, from: start, keeping: nil, observer: observer)
  }

  /// Runs a pass and keeps every layer's keys and values.
  ///
  /// - Parameters:
  ///   - layout: the sequences.
  ///   - wanted: the rows that anyone looks at, ascending.
  ///   - start: where to begin; nil for the token embedding.
  ///   - kept: for each layer, where row r's keys and values get row r, all of one size; nil to keep none.
  ///   - observer: looks and takes.
  /// - Returns: whether the pass went to its end.
  /// - Throws: `ModelFileError` where weights cannot be read, or the observer's error.
  package func run(
    _ layout: PrefixLayout, wanted: [Int], from start: PassStart?, keeping kept: [KeyValues]?,
    observer: any PassObserver
  ) throws -> Bool {
    let description = decoder.description
    let keyValues =
      kept?[start?.layer ?? 0]
      ?? depth.lastLayer.map { _ in
        KeyValues(description.attention, rowCapacity: layout.rowCount)
      }
    func tile(_ rows: [Int]) -> PassTile {
      PassTile(
        rows: rows, of: layout, keyValues: keyValues, hooks: observer.hooks(rows: rows),
        for: description)
    }
    var tiles = tileRows(of: layout).map { tile(Array($0)) }
    if let start {
      precondition(
        start.layer < depth.layerCount && start.residual.count == layout.rowCount,
        "starting at layer \(start.layer) of \(depth.layerCount) with \(start.residual.count) rows "
          + "for \(layout.rowCount)")
      try forEach(tiles) { tile, _ in tile.takeResidual(from: start.residual) }
    } else {
      observer.begin(.embedding)
      try forEach(tiles) { [decoder] tile, _ in
        try decoder.embedding.read(tile.batch.tokens, into: &tile.residual)
        tile.hooks.fire(.embed, &tile.residual, rows: tile.rows.count, batch: tile.batch)
      }
      decoder.embedding.release()
      guard try observer.end(.embedding) else { return false }
    }

    var next: BlockLoading?
    for layer in (start?.layer ?? 0)..<depth.layerCount {
      let block = try next?.block() ?? decoder.blocks.block(layer)
      let isLast = layer == depth.lastLayer
      next = isLast || decoder.blocks.isKept(layer + 1) ? nil : decoder.blocks.loading(layer + 1)
      if !isLast { decoder.blocks.announce(layer + 2) }
      observer.begin(.layer(layer))
      if isLast, wanted.count < layout.rowCount, decoder.rowsAreIndependent {
        let unwanted = Self.complement(of: wanted, count: layout.rowCount)
        let (context, rest) = (
          Self.regrouped(tiles, unwanted.chunks(of: Self.rowsPerTile), tile),
          Self.regrouped(tiles, wanted.chunks(of: rowsPerTile(wanted.count)), tile)
        )
        if depth.extent > .projections {
          run(block, context, through: .keysAndValues, loading: nil, keeping: kept?[layer])
        }
        tiles = rest
      }
      run(
        block, tiles, through: isLast ? depth.extent : .whole, loading: next,
        keeping: kept?[layer])
      guard try observer.end(.layer(layer)) else { return false }
    }

    guard depth.includesFinalNorm else { return true }
    observer.begin(.head)
    try forEach(tiles) { [decoder, depth] tile, worker in
      let logitRows = depth.includesLogits ? Array(tile.rows.indices) : []
      worker.space.prepare(for: tile.batch, includingResidual: false, logitRows: logitRows.count)
      worker.swapResidual(with: tile)
      decoder.finish(tile.batch, hooks: tile.hooks, logitRows: logitRows, &worker.space)
      worker.swapResidual(with: tile)
    }
    return try observer.end(.head)
  }

  /// Takes tiles through a block while the next block is read.
  private func run(
    _ block: DecoderBlock, _ tiles: [PassTile], through extent: BlockExtent,
    loading: BlockLoading?, keeping keyValues: KeyValues?
  ) {
    for tile in tiles { tile.begin(in: keyValues) }
    let loads = loading?.tensorCount ?? 0
    parallelFor(count: loads + tiles.count, workers: workers) { index, worker in
      guard index >= loads else {
        loading?.load(index)
        return
      }
      let place = index - loads
      let tile = tiles[place]
      worker.space.prepare(for: tile.batch, includingResidual: false, logitRows: 0)
      worker.swapResidual(with: tile)
      block.forward(
        batch: tile.batch, contexts: tile.contexts, through: extent, hooks: tile.hooks,
        beforeAttending: {
          tile.announceStored()
          if extent > .projections {
            for earlier in tiles[..<place] { earlier.waitUntilStored() }
          }
        }, &worker.space)
      worker.swapResidual(with: tile)
    }
  }

  private func forEach(
    _ tiles: [PassTile], _ body: @Sendable (PassTile, PassWorker) throws -> Void
  ) throws {
    let failure = Mutex<(any Error)?>(nil)
    parallelFor(count: tiles.count, workers: workers) { index, worker in
      do { try body(tiles[index], worker) } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// The rows of each tile; where rows are not independent, tiles are sequences.
  private func tileRows(of layout: PrefixLayout) -> [Range<Int>] {
    guard decoder.rowsAreIndependent else { return layout.rowsOfSequences }
    let size = rowsPerTile(layout.rowCount)
    return stride(from: 0, to: layout.rowCount, by: size).map {
      $0..<min($0 + size, layout.rowCount)
    }
  }

  /// Few rows are divided among the threads.
  private func rowsPerTile(_ rowCount: Int) -> Int {
    let share = (rowCount + workers.count - 1) / workers.count
    // Products run in rows of powers of two.
    return min(Self.rowsPerTile, max(16, (share + 15) / 16 * 16))
  }

  /// Tiles of other rows, with what the streams have come to.
  private static func regrouped(
    _ tiles: [PassTile], _ groups: [[Int]], _ tile: ([Int]) -> PassTile
  ) -> [PassTile] {
    var source = 0
    var index = 0
    return groups.map { rows in
      let target = tile(rows)
      for (place, row) in rows.enumerated() {
        while tiles[source].rows[index] != row {
          index += 1
          if index == tiles[source].rows.count { (source, index) = (source + 1, 0) }
        }
        target.residual.copyRows(index..<index + 1, of: tiles[source].residual, to: place)
      }
      return target
    }
  }

  private static func complement(of rows: [Int], count: Int) -> [Int] {
    var isThere = [Bool](repeating: false, count: count)
    for row in rows { isThere[row] = true }
    return isThere.indices.filter { !isThere[$0] }
  }
}

/// How far into a decoder a pass must go.
struct PassDepth: Sendable {
  /// The last block; nil for none.
  let lastLayer: Int?
  /// How much of the last block.
  let extent: BlockExtent
  let includesFinalNorm: Bool
  let includesLogits: Bool

  /// How many blocks are computed.
  var layerCount: Int { lastLayer.map { $0 + 1 } ?? 0 }

  init(_ sites: [HookSite], layerCount: Int) {
    includesLogits = sites.contains { $0.kind == .logits }
    includesFinalNorm = sites.contains { $0.kind != .embed && $0.kind.extent == nil }
    let last = includesFinalNorm ? layerCount - 1 : sites.compactMap(\.layer).max()
    lastLayer = last
    extent =
      includesFinalNorm
      ? .whole : sites.filter { $0.layer == last }.compactMap(\.kind.extent).max() ?? .whole
  }
}

extension PassWorker {
  /// Exchanges the worker's residual stream and a tile's, so that neither is copied.
  func swapResidual(with tile: PassTile) {
    swap(&space.residual, &tile.residual)
  }
}

extension Array {
  /// Consecutive pieces of a size; the last may be smaller.
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
