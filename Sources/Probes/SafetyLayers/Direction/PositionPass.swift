import Inference
import Kernels
import Synchronization
import Tokenization

/// Passes over prompts in which sites are looked at, at chosen positions of each.
struct PositionPass {
  /// Is handed a site, a prompt's index, a position's index among those chosen and the row; called from
  /// several threads at a time.
  typealias Look = @Sendable (_ site: HookSite, _ prompt: Int, _ place: Int, Span<Float>) -> Void

  private let decoder: Decoder
  private let batches: [PromptBatch]
  /// For each batch, the prompts and places of each row of its layout that is looked at.
  private let places: [[Int: [(prompt: Int, place: Int)]]]
  private let threads: Int

  /// Chooses positions.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: what it reads.
  ///   - positions: of each prompt, ascending.
  ///   - threads: how many threads compute.
  init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], positions: [[Int]], threads: Int
  ) {
    self.decoder = decoder
    self.threads = threads
    batches = PromptBatch.batches(
      prompts, lengths: positions.map { ($0.last ?? 0) + 1 }, for: decoder)
    places = batches.map { batch in
      var places: [Int: [(prompt: Int, place: Int)]] = [:]
      for prompt in batch.prompts {
        for (place, position) in positions[prompt].enumerated() {
          let row = batch.layout.row(
            ofSequence: prompt - batch.prompts.lowerBound, position: position)
          places[row, default: []].append((prompt, place))
        }
      }
      return places
    }
  }

  /// Looks at sites, in one pass over each batch of prompts.
  ///
  /// - Parameters:
  ///   - sites: where.
  ///   - hooks: makes what else looks at a tile or changes it, called before the look at the same site.
  ///   - look: what to do with each row.
  ///   - onEnd: called when a batch's prompts are all through a stage.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func run(
    _ sites: [HookSite], hooks: @escaping PassHooks.Make = { _ in [] }, look: @escaping Look,
    onEnd: @escaping @Sendable (_ prompts: Range<Int>, PassStage) -> Void = { _, _ in }
  ) throws {
    let pass = LayerMajorPass(decoder, sites: sites, threads: threads)
    for (batch, places) in zip(batches, places) {
      let observer = PassHooks(
        { rows in
          hooks(rows)
            + sites.map { site in
              RowReader(site, rows: rows) { row, values in
                for (prompt, place) in places[row] ?? [] { look(site, prompt, place, values) }
              }
            }
        }, onEnd: { onEnd(batch.prompts, $0) })
      _ = try pass.run(batch.layout, wanted: places.keys.sorted(), observer: observer)
    }
  }

  /// The rows of one site, `[prompt][position]` flattened in that order, each as wide as the site.
  ///
  /// - Parameters:
  ///   - site: where.
  ///   - prompts: how many prompts there are.
  ///   - positions: how many positions of each.
  /// - Returns: the rows.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func rows(_ site: HookSite, prompts: Int, positions: Int) throws -> SharedRows {
    let rows = SharedRows(
      count: prompts * positions, width: site.kind.width(in: decoder.description) ?? 0)
    try run([site]) { _, prompt, place, values in rows.set(prompt * positions + place, to: values) }
    return rows
  }
}
