import Activations
import Inference
import Tokenization

/// Some prompts laid out for a layer-major pass.
struct PromptBatch: Sendable {
  /// Where they are among all prompts of the pass.
  let prompts: Range<Int>
  /// Where their positions are; the sequences are the prompts, in order.
  let layout: PrefixLayout
  /// The layout's row of each prompt's last position.
  let lastRows: [Int]

  /// For each row that ends prompts, where those are among all prompts of the pass.
  var endings: [Int: [Int]] {
    Dictionary(grouping: prompts) { lastRows[$0 - prompts.lowerBound] }
  }

  /// Divides prompts into batches.
  ///
  /// - Parameters:
  ///   - prompts: the prompts.
  ///   - lengths: how many positions of each are computed.
  ///   - decoder: the model, which says whether common beginnings may be computed once.
  ///   - sharing: whether they may as far as the caller goes, which is not so where rows are changed by what
  ///     comes behind them.
  /// - Returns: the batches, in order.
  static func batches(
    _ prompts: [TokenizedPrompt], lengths: [Int], for decoder: Decoder, sharing: Bool = true
  ) -> [PromptBatch] {
    guard !prompts.isEmpty else { return [] }
    return ExtractionSchedule.batches(
      of: prompts.indices, lengths: lengths, tokensPerBatch: ModelChecks.tokensPerBatch
    ).map { batch in
      let layout = PrefixLayout(
        prompts[batch], lengths: Array(lengths[batch]),
        sharing: sharing && decoder.rowsAreIndependent)
      return PromptBatch(
        prompts: batch, layout: layout,
        lastRows: batch.map {
          layout.row(ofSequence: $0 - batch.lowerBound, position: lengths[$0] - 1)
        })
    }
  }
}
