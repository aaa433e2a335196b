package import Inference
import Kernels
package import Tokenization

/// Prompts that are replied to again and again while blocks of the model change.
///
/// A pass over the prompts is kept, so that the next one can start at the first block that differs from it.
package struct ReplyBench: Sendable {
  private let batches: [PromptBatch]
  private let prompts: [TokenizedPrompt]
  private let maxTokens: Int
  private let endOfSequence: Set<Int32>
  private let threads: Int

  /// Most prompts whose replies one thread writes together.
  private static let promptsAtOnce = 32

  /// Lays prompts out, of which each leaves room for a reply.
  package init(
    _ prompts: [TokenizedPrompt], for decoder: Decoder, maxTokens: Int, endOfSequence: Set<Int32>,
    threads: Int
  ) throws {
    try Generator(decoder: decoder, endOfSequence: endOfSequence)
      .demandRoom(for: maxTokens, behind: prompts)
    batches = PromptBatch.batches(prompts, lengths: prompts.map(\.ids.count), for: decoder)
    self.prompts = prompts
    self.maxTokens = maxTokens
    self.endOfSequence = endOfSequence
    self.threads = threads
  }

  /// A pass over all prompts, with what replies and further passes need of it.
  package struct Kept: Sendable {
    /// Of each batch.
    fileprivate let passes: [BatchPass]
    /// The blocks that another pass may start at.
    package var starts: Set<Int> { Set(passes.first.map { Array($0.streams.keys) } ?? []) }
  }

  fileprivate struct BatchPass: Sendable {
    /// Keys and values of each layer, with room for replies.
    let keyValues: [KeyValues]
    /// What enters some of the blocks.
    let streams: [Int: SharedRows]
    /// The token that each reply begins with.
    let first: [Int32]
  }

  /// Reads the prompts.
  ///
  /// - Parameters:
  ///   - decoder: the model, its blocks changed or not.
  ///   - earlier: a pass that agrees with this one in all blocks before the start; nil starts at the embedding.
  ///   - start: one of the earlier pass's starts.
  ///   - keeping: blocks that another pass may start at.
  /// - Returns: the pass.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func read(
    with decoder: Decoder, after earlier: Kept? = nil, from start: Int = 0, keeping: Set<Int>
  ) throws -> Kept {
    let pass = LayerMajorPass(decoder, sites: [HookSite(.logits)], threads: threads)
    return Kept(
      passes: try batches.indices.map { index in
        try read(
          batches[index], with: decoder, pass, after: earlier?.passes[index], from: start,
          keeping: keeping)
      })
  }

  private func read(
    _ batch: PromptBatch, with decoder: Decoder, _ pass: LayerMajorPass,
    after earlier: BatchPass?, from start: Int, keeping: Set<Int>
  ) throws -> BatchPass {
    let description = decoder.description
    let rows = batch.layout.rowCount
    let keyValues = (0..<description.layerCount).map { layer in
      if layer < start, let earlier { return earlier.keyValues[layer] }
      return KeyValues(
        description.attention, rowCapacity: rows + batch.prompts.count * maxTokens)
    }
    var streams = (earlier?.streams ?? [:]).filter { $0.key <= start }
    for layer in keeping where layer >= start && streams[layer] == nil {
      streams[layer] = SharedRows(count: rows, width: description.dModel)
    }
    let fresh = streams.filter { layer, _ in earlier?.streams[layer] == nil || layer > start }
    let first = LastRowValues<Int32>(batch)
    let hooks = PassHooks { tile in
      fresh.map { layer, stream in
        RowReader(HookSite(.residPre, layer: layer), rows: tile) { stream.set($0, to: $1) }
      } + [
        first.reader(HookSite(.logits), rows: tile) { _, logits in
          var sampler = Sampler()
          return sampler.sample(logits)
        }
      ]
    }
    let entry: PassStart? = earlier?.streams[start].map { PassStart(layer: start, residual: $0) }
    precondition(start == 0 || entry != nil, "no stream enters block \(start)")
    _ = try pass.run(
      batch.layout, wanted: first.rows.sorted(), from: entry, keeping: keyValues, observer: hooks)
    return BatchPass(
      keyValues: keyValues, streams: streams, first: first.values)
  }

  /// Replies to the prompts, always with the most likely token.
  ///
  /// Rows for replies are shared with all passes that have layers in common, so one caller replies at a time.
  ///
  /// - Parameters:
  ///   - kept: a pass over them.
  ///   - decoder: the model it was made with.
  ///   - isOver: told a reply so far; the reply ends where it says so.
  /// - Returns: the tokens of each reply, in the order of the prompts.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func replies(
    after kept: Kept, with decoder: Decoder, isOver: @escaping @Sendable ([Int32]) -> Bool
  ) throws -> [[Int32]] {
    try zip(batches, kept.passes).flatMap { batch, pass in
      let share = (batch.prompts.count + threads - 1) / threads
      let size = decoder.rowsAreIndependent ? min(Self.promptsAtOnce, share) : 1
      let starts = Array(stride(from: 0, to: batch.prompts.count, by: size))
      return try parallelMap(count: starts.count, threads: threads) { index in
        let group = starts[index]..<min(starts[index] + size, batch.prompts.count)
        let caches = group.map { prompt in
          let room = batch.layout.rowCount + prompt * maxTokens
          return KeyValueCache(
            layers: pass.keyValues, held: batch.layout.rows(ofSequence: prompt),
            room: room..<room + maxTokens)
        }
        return try Generator(decoder: decoder, endOfSequence: endOfSequence).generate(
          after: caches, first: Array(pass.first[group]), maxTokens: maxTokens
        ) { isOver($1) }
      }.flatMap(\.self)
    }
  }
}
