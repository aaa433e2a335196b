package import Inference
package import Kernels
package import Tokenization

/// Prompts that are read again and again while some of a model's matrices are exchanged, each time from the first
/// block that differs on.
///
/// Kept of one pass over the prompts is what enters some of the blocks, at all positions, common beginnings once.
/// What leaves the last block at the last positions has the bits of a whole pass.
package final class SuffixBench: Sendable {
  /// What leaves the last block of the model as it is, `[prompt, d_model]`.
  package let clean: SharedRows
  /// The model as it is.
  package let decoder: Decoder
  private let batches: [PromptBatch]
  /// Of each batch, what enters the blocks that a pass may start at.
  private let streams: [[Int: SharedRows]]
  private let promptCount: Int
  private let threads: Int

  /// Reads the prompts.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: what is read.
  ///   - memoryLimit: the most bytes that are kept; a pass starts at a block before it where that is too little
  ///     to keep what enters every block.
  ///   - threads: how many threads compute.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], memoryLimit: Int = 1 << 30, threads: Int
  ) throws {
    let description = decoder.description
    let batches = PromptBatch.batches(prompts, lengths: prompts.map(\.ids.count), for: decoder)
    let bytesPerLayer = batches.reduce(0) {
      $0 + 4 * $1.layout.rowCount * description.dModel
    }
    let spacing = Self.spacing(
      bytesPerLayer: bytesPerLayer, layerCount: description.layerCount, limit: memoryLimit)
    let starts = Array(stride(from: spacing, to: description.layerCount, by: spacing))
    let clean = SharedRows(count: prompts.count, width: description.dModel)
    let pass = LayerMajorPass(decoder, sites: [Self.site(description)], threads: threads)
    streams = try batches.map { batch in
      let streams = Dictionary(
        uniqueKeysWithValues: starts.map {
          ($0, SharedRows(count: batch.layout.rowCount, width: description.dModel))
        })
      let hooks = PassHooks { [endings = batch.endings] rows in
        streams.map { layer, stream in
          RowReader(HookSite(.residPre, layer: layer), rows: rows) { stream.set($0, to: $1) }
        } + [Self.reader(of: endings, rows, at: Self.site(description), into: clean)]
      }
      _ = try pass.run(batch.layout, wanted: batch.endings.keys.sorted(), observer: hooks)
      return streams
    }
    self.decoder = decoder
    self.clean = clean
    self.batches = batches
    self.threads = threads
    promptCount = prompts.count
  }

  /// Reads the prompts with some matrices replaced.
  ///
  /// - Parameter modules: what is replaced.
  /// - Returns: what leaves the last block at the last position, `[prompt, d_model]`.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func rows(replacing modules: ReplacedModules) throws -> SharedRows {
    guard let first = modules.firstLayer else { return clean }
    let site = Self.site(decoder.description)
    let found = SharedRows(count: promptCount, width: decoder.description.dModel)
    let pass = LayerMajorPass(decoder.replacing(modules), sites: [site], threads: threads)
    for (batch, streams) in zip(batches, streams) {
      let entry = streams.keys.filter { $0 <= first }.max()
      let start = entry.flatMap { layer in
        streams[layer].map { PassStart(layer: layer, residual: $0) }
      }
      let hooks = PassHooks { [endings = batch.endings] rows in
        [Self.reader(of: endings, rows, at: site, into: found)]
      }
      _ = try pass.run(
        batch.layout, wanted: batch.endings.keys.sorted(), from: start, observer: hooks)
    }
    return found
  }

  /// How far apart the blocks are that a pass may start at.
  package static func spacing(bytesPerLayer: Int, layerCount: Int, limit: Int) -> Int {
    (1..<max(layerCount, 2)).first { spacing in
      (layerCount - 1) / spacing * bytesPerLayer <= limit
    } ?? layerCount
  }

  private static func site(_ description: DecoderDescription) -> HookSite {
    HookSite(.residPost, layer: description.layerCount - 1)
  }

  private static func reader(
    of endings: [Int: [Int]], _ rows: [Int], at site: HookSite, into found: SharedRows
  ) -> RowReader {
    RowReader(site, rows: rows) { row, values in
      for prompt in endings[row] ?? [] { found.set(prompt, to: values) }
    }
  }
}
