import Inference
import Kernels
import Tokenization

/// What an intervention does to the loss of harmless replies that the model gave without it.
public struct ReplyLoss: Codable, Sendable, Equatable {
  /// Replies.
  public let replies: Int
  /// Their tokens.
  public let tokens: Int
  /// Mean loss of a token as the model is, nats.
  public let baseline: Estimate
  /// Mean loss with the intervention.
  public let changed: Estimate
  /// How much it adds.
  public let increase: Estimate
  /// Mean KL divergence of the next token from what it was, nats.
  public let divergence: Estimate
}

/// Greedy replies that an intervention is judged on.
struct ReplyComparison {
  private let decoder: Decoder
  private let prompts: [TokenizedPrompt]
  private let replies: [[Int32]]
  private let bootstrap: ClusterBootstrap
  private let threads: Int

  /// Lets the model reply; nil where it ends every reply at once.
  init?(
    _ checks: ModelChecks, endOfSequence: Set<Int32>, maxTokens: Int, draws: Int
  ) throws {
    let found = try checks.replies(
      to: checks.tokens, endOfSequence: endOfSequence, maxTokens: maxTokens)
    let kept = found.indices.filter { !found[$0].ids.isEmpty }
    if kept.isEmpty { return nil }
    decoder = checks.decoder
    threads = checks.threads
    prompts = kept.map { checks.tokens[$0] }
    replies = kept.map { found[$0].ids }
    bootstrap = ClusterBootstrap(
      clusters: Clusters(kept.map { checks.prompts[$0] }), draws: draws, seed: checks.seed)
  }

  /// Compares losses and next tokens.
  ///
  /// - Parameter hooks: makes the intervention for a prompt with its reply, and tells where the reply begins.
  /// - Returns: means over tokens.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func compare(
    _ hooks: @Sendable (_ prompt: TokenizedPrompt, _ start: Int) -> [any ActivationHook]
  ) throws -> ReplyLoss? {
    let figures = try parallelMap(count: prompts.count, threads: threads) { index in
      let prompt = prompts[index]
      return try sums(
        prompt.followed(by: replies[index]), start: prompt.ids.count,
        hooks: hooks(prompt.followed(by: replies[index]), prompt.ids.count))
    }
    let counts = replies.map { Double($0.count) }
    func mean(_ part: KeyPath<Figures, Double>) -> Estimate? {
      bootstrap.ratio(figures.map { $0[keyPath: part] }, over: counts)
    }
    guard let baseline = mean(\.baseline), let changed = mean(\.changed),
      let increase = mean(\.increase), let divergence = mean(\.divergence)
    else { return nil }
    return ReplyLoss(
      replies: replies.count, tokens: replies.reduce(0) { $0 + $1.count }, baseline: baseline,
      changed: changed, increase: increase, divergence: divergence)
  }

  /// Sums over the tokens of a reply.
  private struct Figures: Sendable {
    var baseline = 0.0
    var changed = 0.0
    var divergence = 0.0
    var increase: Double { changed - baseline }
  }

  private func sums(
    _ whole: TokenizedPrompt, start: Int, hooks: [any ActivationHook]
  ) throws -> Figures {
    let description = decoder.description
    var plain = DecoderWorkspace(for: description)
    var other = DecoderWorkspace(for: description)
    let batch = TokenBatch([whole])
    try decoder.forward(batch, hooks: HookTable(for: description), logits: .all, &plain)
    try decoder.forward(batch, hooks: HookTable(hooks, for: description), logits: .all, &other)
    var figures = Figures()
    for position in start..<whole.ids.count {
      let token = Int(whole.ids[position])
      let row = position - 1..<position
      figures.baseline -= logProbability(of: token, in: plain.logits[rows: row])
      figures.changed -= logProbability(of: token, in: other.logits[rows: row])
      figures.divergence += divergence(
        of: other.logits[rows: row], from: plain.logits[rows: row])
    }
    return figures
  }
}
