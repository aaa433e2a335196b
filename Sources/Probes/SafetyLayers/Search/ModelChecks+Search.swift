import Inference
public import Tokenization

extension ModelChecks {
  /// Which contiguous blocks, scaled, change most how many of these prompts of class 0 the model refuses.
  ///
  /// Weights are never changed: products of scaled blocks are multiplied. Every count is told to the log, and
  /// what the log knows already is not counted again.
  ///
  /// - Parameters:
  ///   - options: how it is searched.
  ///   - initial: where the search begins.
  ///   - promptsDigest: digest of the file the prompts are from.
  ///   - tokenizer: the model's tokenizer.
  ///   - endOfSequence: tokens that end a reply.
  ///   - log: keeps counts; nil keeps none.
  ///   - onCount: called after each count with how many there are and about how many there will be; false ends
  ///     the search.
  /// - Returns: the range; nil where the search was ended.
  /// - Throws: `InferenceError.contextTooShort` where a reply does not fit the model, `EntryLogError`.
  public func layerSearch(
    _ options: SearchOptions = SearchOptions(), from initial: InitialRange, promptsDigest: String,
    tokenizer: Tokenizer, endOfSequence: Set<Int32>, log: SweepLog? = nil,
    onCount: @escaping (_ done: Int, _ expected: Int) -> Bool = { _, _ in true }
  ) throws -> LayerSearch? {
    try initial.range.demandFit(layerCount: decoder.description.layerCount)
    let drawn = sample(ofClass: 0, count: options.prompts, stream: .overRejection)
    let rules = RefusalRules.beginnings
    let counter = try ScalingCounter(
      decoder, drawn.map { tokens[$0] }, around: initial.range, tokenizer: tokenizer,
      endOfSequence: endOfSequence, rules: rules, options, threads: threads)
    var done = 0
    let search = BoundarySearch(
      layerCount: decoder.description.layerCount, promptCount: drawn.count, options: options
    ) { range, alpha, isWhole in
      let known = log?.count(of: range, alpha, isWhole: isWhole, prompts: drawn.count)
      let count = try known ?? counter.count(range, alpha, isWhole: isWhole)
      if known == nil { try log?.append(count) }
      done += 1
      guard onCount(done, options.expectedCounts(after: alpha)) else { throw SearchEnded() }
      return count
    }
    do {
      let found = try search.search(from: initial.range)
      return LayerSearch(
        found, search, initial: initial, prompts: drawn.map { prompts[$0] },
        promptsDigest: promptsDigest, rules: rules, description: decoder.description, seed: seed)
    } catch is SearchEnded {
      return nil
    }
  }
}

/// The caller wanted no more counts.
private struct SearchEnded: Error {}

extension SearchOptions {
  /// About how many counts a search takes in all, while one with this factor is under way.
  fileprivate func expectedCounts(after alpha: Double) -> Int {
    let steps = max(4, Int((abs(alpha - 1) / step).rounded()))
    // The model as it is, the steps, a window of lower bounds with some widening, the range that was found.
    return 1 + steps * window + window + 4 + 1
  }
}
