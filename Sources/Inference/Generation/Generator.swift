import Kernels
public import Tokenization

/// Why a reply ended.
public enum StopReason: String, Sendable, Codable {
  /// The model ended its turn.
  case endOfSequence = "end_of_sequence"
  /// The token limit was reached.
  case length
}

/// A finished reply.
public struct Generation: Sendable {
  /// Token ids of the reply, the end-of-sequence token not included.
  public let ids: [Int32]
  /// Natural log-probability of each id, before temperature.
  public let logProbabilities: [Double]
  /// Why it ended.
  public let stopReason: StopReason
}

/// Writes replies: prefill, then one token at a time for all sequences together.
public struct Generator {
  /// The model.
  public let decoder: Decoder
  /// Tokens that end a reply.
  public let endOfSequence: Set<Int32>
  /// Interventions and captures that stay on for the whole reply.
  public let hooks: [any ActivationHook]

  /// Makes a generator.
  public init(decoder: Decoder, endOfSequence: Set<Int32>, hooks: [any ActivationHook] = []) {
    self.decoder = decoder
    self.endOfSequence = endOfSequence
    self.hooks = hooks
  }

  /// Refuses prompts that leave no room for a reply.
  ///
  /// - Parameters:
  ///   - maxTokens: most tokens of a reply.
  ///   - prompts: tokenised prompts.
  /// - Throws: `InferenceError.contextTooShort` for the first of them.
  public func demandRoom(for maxTokens: Int, behind prompts: [TokenizedPrompt]) throws {
    let contextLength = decoder.description.contextLength
    for (index, prompt) in prompts.enumerated() where prompt.ids.count + maxTokens > contextLength {
      throw InferenceError.contextTooShort(
        prompt: "Prompt \(index + 1)", tokens: prompt.ids.count, wanted: maxTokens,
        contextLength: contextLength)
    }
  }

  /// Replies to prompts, decoding them as one ragged batch.
  ///
  /// Each prompt has its own sampler, so a reply does not depend on its neighbors.
  ///
  /// - Parameters:
  ///   - prompts: tokenised prompts.
  ///   - maxTokens: most tokens of a reply.
  ///   - sampler: copied for each prompt.
  ///   - onFirstLogits: called with the prompt's index and the logits `[vocab]` of the reply's first token.
  ///   - onToken: called with the prompt's index and each new token; return false to stop everything.
  /// - Returns: a reply for each prompt.
  /// - Throws: `InferenceError.contextTooShort` before anything runs.
  public func generate(
    _ prompts: [TokenizedPrompt], maxTokens: Int, sampler: Sampler,
    onFirstLogits: (_ prompt: Int, _ logits: Span<Float>) -> Void = { _, _ in },
    onToken: (_ prompt: Int, _ token: Int32) -> Bool = { _, _ in true }
  ) throws -> [Generation] {
    try generate(
      prompts, maxTokens: maxTokens, samplers: prompts.map { _ in sampler },
      onFirstLogits: onFirstLogits, onToken: onToken)
  }

  /// Replies to prompts, each drawn by a sampler of its own.
  ///
  /// - Parameters:
  ///   - prompts: tokenised prompts.
  ///   - maxTokens: most tokens of a reply.
  ///   - samplers: one for each prompt.
  ///   - onFirstLogits: called with the prompt's index and the logits `[vocab]` of the reply's first token.
  ///   - onToken: called with the prompt's index and each new token; return false to stop everything.
  /// - Returns: a reply for each prompt.
  /// - Throws: `InferenceError.contextTooShort` before anything runs.
  package func generate(
    _ prompts: [TokenizedPrompt], maxTokens: Int, samplers: [Sampler],
    onFirstLogits: (_ prompt: Int, _ logits: Span<Float>) -> Void = { _, _ in },
    onToken: (_ prompt: Int, _ token: Int32) -> Bool = { _, _ in true }
  ) throws -> [Generation] {
    precondition(
      samplers.count == prompts.count, "\(samplers.count) samplers for \(prompts.count) prompts")
    try demandRoom(for: maxTokens, behind: prompts)
    let description = decoder.description
    var replies = zip(prompts, samplers).map { prompt, sampler in
      Reply(
        cache: KeyValueCache(for: description, capacity: prompt.ids.count + maxTokens),
        sampler: sampler)
    }
    let table = HookTable(hooks, for: description)
    var space = DecoderWorkspace(for: description)
    var running = maxTokens > 0 ? Array(prompts.indices) : []
    var batch = TokenBatch(prompts)
    while !running.isEmpty {
      try decoder.forward(
        batch, caches: running.map { replies[$0].cache }, hooks: table, logits: .last, &space)
      batch = TokenBatch()
      var next: [Int] = []
      for (row, index) in running.enumerated() {
        let logits = space.logits[rows: row..<row + 1]
        if replies[index].ids.isEmpty { onFirstLogits(index, logits) }
        let token = replies[index].take(logits, until: endOfSequence)
        guard let token else { continue }
        guard onToken(index, token) else { return replies.map(\.generation) }
        if replies[index].ids.count < maxTokens {
          batch.append([token], firstPosition: replies[index].cache.count)
          next.append(index)
        }
      }
      running = next
    }
    return replies.map(\.generation)
  }

  /// Goes on with replies to prompts that a pass has read, always with the most likely token.
  ///
  /// - Parameters:
  ///   - caches: the keys and values of each prompt, with room for the reply; extended.
  ///   - first: the token that each reply begins with.
  ///   - maxTokens: most tokens of a reply.
  ///   - isOver: told the prompt's index and the reply so far; a reply ends where it says so.
  /// - Returns: the tokens of each reply.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func generate(
    after caches: [KeyValueCache], first: [Int32], maxTokens: Int,
    isOver: (_ prompt: Int, _ reply: [Int32]) -> Bool
  ) throws -> [[Int32]] {
    precondition(
      caches.count == first.count && maxTokens > 0,
      "\(caches.count) prompts, \(first.count) first tokens, \(maxTokens) tokens")
    var replies = [[Int32]](repeating: [], count: caches.count)
    let table = HookTable(hooks, for: decoder.description)
    var space = DecoderWorkspace(for: decoder.description)
    var chosen = zip(first.indices, first).map { (prompt: $0, token: $1) }
    while true {
      var batch = TokenBatch()
      var running: [Int] = []
      for (prompt, token) in chosen where !endOfSequence.contains(token) {
        replies[prompt].append(token)
        if replies[prompt].count < maxTokens, !isOver(prompt, replies[prompt]) {
          batch.append([token], firstPosition: caches[prompt].count)
          running.append(prompt)
        }
      }
      if running.isEmpty { return replies }
      try decoder.forward(
        batch, caches: running.map { caches[$0] }, hooks: table, logits: .last, &space)
      chosen = running.enumerated().map { row, prompt in
        var sampler = Sampler()
        return (prompt, sampler.sample(space.logits[rows: row..<row + 1]))
      }
    }
  }
}

/// A reply being written.
private struct Reply {
  let cache: KeyValueCache
  var sampler: Sampler
  var ids: [Int32] = []
  var logProbabilities: [Double] = []
  var stopReason = StopReason.length

  /// Samples a token; nil where the reply ends.
  mutating func take(_ logits: Span<Float>, until endOfSequence: Set<Int32>) -> Int32? {
    let token = sampler.sample(logits)
    if endOfSequence.contains(token) {
      stopReason = .endOfSequence
      return nil
    }
    ids.append(token)
    logProbabilities.append(logProbability(of: Int(token), in: logits))
    return token
  }

  var generation: Generation {
    Generation(ids: ids, logProbabilities: logProbabilities, stopReason: stopReason)
  }
}
