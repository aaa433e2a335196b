package import Inference
package import Tokenization

/// Counts refusals of some prompts while blocks of a model are scaled.
package final class ScalingCounter {
  private let decoder: Decoder
  private let bench: ReplyBench
  private let tokenizer: Tokenizer
  private let rules: RefusalRules
  private let modules: Set<WeightModule>
  /// Blocks at which passes with scaled blocks are likely to start.
  private let starts: Set<Int>
  private var unscaled: ReplyBench.Kept?
  /// The last pass with scaled blocks.
  private var latest: (range: LayerRange, alpha: Double, kept: ReplyBench.Kept)?

  /// Prepares to count.
  ///
  /// - Parameters:
  ///   - decoder: the model as it is.
  ///   - prompts: what is asked.
  ///   - initial: where the search begins.
  ///   - tokenizer: the model's tokenizer.
  ///   - endOfSequence: tokens that end a reply.
  ///   - rules: what tells refusals.
  ///   - options: lengths and modules.
  ///   - threads: how many threads compute.
  /// - Throws: `InferenceError.contextTooShort` where a reply does not fit.
  package init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], around initial: LayerRange,
    tokenizer: Tokenizer, endOfSequence: Set<Int32>, rules: RefusalRules, _ options: SearchOptions,
    threads: Int
  ) throws {
    self.decoder = decoder
    self.tokenizer = tokenizer
    self.rules = rules
    bench = try ReplyBench(
      prompts, for: decoder, maxTokens: max(options.maxTokens, SearchOptions.tokensJudged),
      endOfSequence: endOfSequence, threads: threads)
    modules =
      options.scalesOutputProjection
      ? BlockScaling.matrices : BlockScaling.matrices.subtracting([.outputProjection])
    starts = Set(max(1, initial.first - options.window)...initial.first + options.window)
      .intersection(1..<decoder.description.layerCount)
  }

  /// Counts refusals while blocks are scaled.
  ///
  /// - Parameters:
  ///   - range: the blocks.
  ///   - alpha: what their weights are multiplied by.
  ///   - isWhole: whether replies go on when it is decided whether they refuse.
  /// - Returns: the count.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func count(_ range: LayerRange, _ alpha: Double, isWhole: Bool) throws -> SweepCount {
    let scaled = decoder.scaled(
      by: BlockScaling(layers: range, factor: Float(alpha), modules: modules))
    let kept = try read(range, alpha, with: scaled)
    let replies = try bench.replies(after: kept, with: scaled) { [rules, tokenizer] ids in
      !isWhole && rules.isRefusal(soFar: tokenizer.text(of: ids)) != nil
    }
    let texts = replies.map { tokenizer.text(of: $0) }
    func general() -> Int {
      texts.count { RefusalRules.general.isRefusal($0, scope: .anywhere) }
    }
    return SweepCount(
      range: range, alpha: alpha,
      verdicts: String(
        texts.map { rules.isRefusal($0, scope: .beginning) ? "1" : "0" as Character }),
      incoherent: isWhole ? replies.count(where: Self.isIncoherent) : nil,
      generalRefusals: isWhole ? general() : nil)
  }

  /// Whether a reply long enough to tell repeats itself.
  package static func isIncoherent(_ reply: [Int32]) -> Bool {
    reply.count >= SearchOptions.tokensJudged && Coherence(ids: reply) == .repetitive
  }

  /// Reads the prompts, from the first block on that differs from a pass that is there.
  private func read(
    _ range: LayerRange, _ alpha: Double, with scaled: Decoder
  ) throws -> ReplyBench.Kept {
    let unscaled = try unscaled ?? bench.read(with: decoder, keeping: starts)
    self.unscaled = unscaled
    if alpha == 1 || range.isEmpty { return unscaled }
    let next: Set<Int> = range.last + 1 < decoder.description.layerCount ? [range.last + 1] : []
    let kept: ReplyBench.Kept
    if let latest, latest.alpha == alpha, latest.range.first == range.first,
      latest.range.last < range.last
    {
      kept = try bench.read(
        with: scaled, after: latest.kept, from: latest.range.last + 1, keeping: next)
    } else if let start = unscaled.starts.filter({ $0 <= range.first }).max() {
      kept = try bench.read(with: scaled, after: unscaled, from: start, keeping: next)
    } else {
      kept = try bench.read(with: scaled, keeping: next)
    }
    latest = (range, alpha, kept)
    return kept
  }
}

extension Tokenizer {
  /// The text of a reply.
  fileprivate func text(of ids: [Int32]) -> String { decode(ids, skippingSpecialTokens: true) }
}
