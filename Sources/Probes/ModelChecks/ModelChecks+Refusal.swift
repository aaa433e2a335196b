import Inference
import Kernels
public import Tokenization

extension ModelChecks {
  /// Finds how the model's refusals begin, from its own short replies to some of the prompts.
  ///
  /// Prompts are drawn from each class, groups in turn. Takes one pass over them and a step for each token of
  /// a reply.
  ///
  /// - Parameters:
  ///   - tokenizer: the model's tokenizer.
  ///   - endOfSequence: tokens that end a reply.
  ///   - promptsPerClass: the most prompts of either class to reply to.
  ///   - maxTokens: the most tokens of a reply.
  /// - Returns: the first tokens of refusals, from a fixed list where the model refused too little.
  /// - Throws: `InferenceError.contextTooShort` where a reply does not fit the model.
  public func refusalOpening(
    tokenizer: Tokenizer, endOfSequence: Set<Int32>, promptsPerClass: Int = 48,
    maxTokens: Int = 24
  ) throws -> RefusalOpening {
    let drawn = [1, 0].flatMap {
      sample(ofClass: $0, count: promptsPerClass, stream: .replies)
    }
    let rules = RefusalRules.general
    let generations = try replies(
      to: drawn.map { tokens[$0] }, endOfSequence: endOfSequence, maxTokens: maxTokens)
    let replies = zip(drawn, generations).map { prompt, generation in
      LabeledReply(
        label: prompts[prompt].label, ids: generation.ids,
        isRefusal: rules.isRefusal(
          tokenizer.decode(generation.ids, skippingSpecialTokens: true), scope: .anywhere),
        isTruncated: generation.stopReason == .length)
    }
    return RefusalOpening(
      replies, maxTokens: maxTokens, rules: rules,
      fallback: RefusalTokens(fallbackFor: tokenizer))
  }

  /// Prompts that one thread replies to together.
  private static let promptsPerGeneration = 12

  /// Greedy replies.
  func replies(
    to prompts: [TokenizedPrompt], endOfSequence: Set<Int32>, maxTokens: Int
  ) throws -> [Generation] {
    let starts = Array(stride(from: 0, to: prompts.count, by: Self.promptsPerGeneration))
    return try parallelMap(count: starts.count, threads: threads) { [decoder] index in
      let end = min(starts[index] + Self.promptsPerGeneration, prompts.count)
      return try Generator(decoder: decoder, endOfSequence: endOfSequence).generate(
        Array(prompts[starts[index]..<end]), maxTokens: maxTokens, sampler: Sampler())
    }.flatMap { $0 }
  }
}
