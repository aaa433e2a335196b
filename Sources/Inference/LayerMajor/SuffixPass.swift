import Kernels
import Tokenization

/// The end of a kept sequence, run again from a block on with some rows replaced.
package struct SuffixRun: Sendable {
  /// What takes the place of a site's row.
  package struct Replacement: Sendable {
    /// A kind of site of the block that the run starts at.
    package let kind: SiteKind
    /// The position, -1 being the last.
    package let offset: Int
    /// The row.
    package let values: [Float]

    /// Names a row and what takes its place.
    package init(_ kind: SiteKind, offset: Int, values: [Float]) {
      self.kind = kind
      self.offset = offset
      self.values = values
    }
  }

  /// The kept sequence.
  package let sequence: Int
  /// The rows replaced, at least one.
  package let replacements: [Replacement]

  /// Names a sequence and what is replaced in it.
  package init(sequence: Int, _ replacements: [Replacement]) {
    precondition(!replacements.isEmpty, "a run without a replaced row")
    self.sequence = sequence
    self.replacements = replacements
  }

  /// The first position that is computed, which is the first that differs.
  var firstOffset: Int { replacements.map(\.offset).min() ?? -1 }
}

/// Runs ends of kept sequences again, many together: of each only the rows from the first replaced one on, in
/// only the blocks from the replaced one on.
///
/// Earlier positions are the kept ones, whose keys and values are attended to. Logits are the bits of a whole
/// pass with the same rows replaced.
package final class SuffixPass: Sendable {
  /// The most rows that go through the blocks together.
  private static let rowsAtOnce = 4096

  private let decoder: Decoder
  private let kept: KeptSequences
  private let workers: [PassWorker]
  /// Keys and values of the layer under way: those of the kept rows, then those of the runs'.
  private let keyValues: KeyValues

  /// Prepares to run ends of sequences.
  package init(_ decoder: Decoder, _ kept: KeptSequences, threads: Int) {
    self.decoder = decoder
    self.kept = kept
    workers = (0..<threads).map { _ in PassWorker(decoder.description) }
    keyValues = KeyValues(
      decoder.description.attention,
      rowCapacity: kept.layout.rowCount + Self.rowsAtOnce + kept.positionCount)
  }

  /// Runs ends of sequences.
  ///
  /// - Parameters:
  ///   - runs: what to run.
  ///   - layer: the block that all of them start at.
  ///   - look: is handed the index of a run and the logits at its last position; called from several threads
  ///     at a time.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func run(
    _ runs: [SuffixRun], from layer: Int,
    look: @Sendable (_ run: Int, _ logits: Span<Float>) -> Void
  ) throws {
    var first = 0
    while first < runs.count {
      var end = first
      var rows = 0
      while end < runs.count, rows < Self.rowsAtOnce {
        rows -= runs[end].firstOffset
        end += 1
      }
      try run(runs, first..<end, from: layer, look)
      first = end
    }
  }

  private func run(
    _ runs: [SuffixRun], _ range: Range<Int>, from first: Int,
    _ look: @Sendable (Int, Span<Float>) -> Void
  ) throws {
    let tiles = tiles(runs, range, layer: first)
    for layer in first..<decoder.description.layerCount {
      let block = try decoder.blocks.block(layer)
      decoder.blocks.announce(layer + 1)
      keyValues.takeRows(kept.layout.rowCount, of: kept.keyValues[layer])
      parallelFor(count: tiles.count, workers: workers) { index, worker in
        let tile = tiles[index]
        worker.space.prepare(for: tile.batch, includingResidual: false, logitRows: 0)
        swap(&worker.space.residual, &tile.residual)
        block.forward(
          batch: tile.batch, contexts: tile.contexts,
          hooks: layer == first ? tile.hooks : tile.noHooks,
          &worker.space)
        swap(&worker.space.residual, &tile.residual)
      }
    }
    parallelFor(count: tiles.count, workers: workers) { [decoder] index, worker in
      let tile = tiles[index]
      let ends = tile.batch.lastRows
      worker.space.prepare(for: tile.batch, includingResidual: false, logitRows: ends.count)
      swap(&worker.space.residual, &tile.residual)
      decoder.finish(tile.batch, hooks: tile.noHooks, logitRows: ends, &worker.space)
      swap(&worker.space.residual, &tile.residual)
      for place in ends.indices {
        look(tile.firstRun + place, worker.space.logits[rows: place..<place + 1])
      }
    }
  }

  /// Divides runs into tiles of whole runs.
  private func tiles(_ runs: [SuffixRun], _ range: Range<Int>, layer: Int) -> [SuffixTile] {
    let size = decoder.rowsAreIndependent ? LayerMajorPass.rowsPerTile : 1
    var tiles: [SuffixTile] = []
    var first = range.lowerBound
    var row = kept.layout.rowCount
    while first < range.upperBound {
      var end = first
      var rows = 0
      while end < range.upperBound, end == first || rows - runs[end].firstOffset <= size {
        rows -= runs[end].firstOffset
        end += 1
      }
      tiles.append(
        SuffixTile(
          runs[first..<end], of: kept, layer: layer, keyValues: keyValues, firstRow: row,
          for: decoder.description))
      row += rows
      first = end
    }
    return tiles
  }
}

/// Some runs, which one thread takes through a block at a time.
@safe private final class SuffixTile: @unchecked Sendable {
  // Sendable although it holds a buffer: one thread works on a tile at a time, and a layer ends before the
  // next begins.

  /// The index of the first run.
  let firstRun: Int
  let batch: TokenBatch
  let contexts: [AttentionContext]
  /// Of the first block.
  let hooks: HookTable
  /// Of everything behind it.
  let noHooks: HookTable
  /// The residual stream, `[row, d_model]`.
  var residual: FloatMatrix

  init(
    _ runs: ArraySlice<SuffixRun>, of kept: KeptSequences, layer: Int, keyValues: KeyValues,
    firstRow: Int, for description: DecoderDescription
  ) {
    firstRun = runs.startIndex
    var batch = TokenBatch()
    var contexts: [AttentionContext] = []
    var replacements: [SiteKind: [(row: Int, values: [Float])]] = [:]
    var entering: [Float] = []
    for run in runs {
      let prompt = kept.prompts[run.sequence]
      let count = -run.firstOffset
      let position = prompt.ids.count - count
      let row = batch.tokens.count
      batch.append(
        Array(prompt.ids[position...]), roles: Array(prompt.roles[position...]),
        firstPosition: position)
      contexts.append(
        AttentionContext(
          keyValues,
          rows: kept.layout.rows(ofSequence: run.sequence).truncated(to: position)
            + [firstRow + row..<firstRow + row + count]))
      for offset in -count..<0 {
        entering += kept.row(.residPre, layer: layer, sequence: run.sequence, offset: offset)
      }
      for replacement in run.replacements {
        replacements[replacement.kind, default: []].append(
          (row + count + replacement.offset, replacement.values))
      }
    }
    self.batch = batch
    self.contexts = contexts
    hooks = HookTable([RowReplacement(replacements, layer: layer)], for: description)
    noHooks = HookTable(for: description)
    var stream = FloatMatrix(rows: batch.tokens.count, width: description.dModel)
    stream.fill(entering)
    residual = stream
  }
}

extension FloatMatrix {
  /// Fills all rows.
  fileprivate mutating func fill(_ values: [Float]) {
    var rows = mutableRows(0..<rowCapacity)
    for index in rows.indices { rows[index] = values[index] }
  }
}

/// Replaces rows of a batch.
private final class RowReplacement: ActivationHook {
  let sites: [HookSite]
  private let replacements: [SiteKind: [(row: Int, values: [Float])]]

  init(_ replacements: [SiteKind: [(row: Int, values: [Float])]], layer: Int) {
    sites = replacements.keys.map { HookSite($0, layer: layer) }
    self.replacements = replacements
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    let width = activation.width
    for (row, values) in replacements[site.kind] ?? [] {
      precondition(values.count == width, "\(values.count) values for \(site.name)")
      for column in 0..<width { activation.values[row * width + column] = values[column] }
    }
  }
}
