import Inference
import Kernels
import Tokenization

/// What an intervention does to the loss of texts.
public struct LossChange: Codable, Sendable, Equatable {
  /// Texts.
  public let texts: Int
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

/// Texts that an intervention is judged on, by how well the model predicts some of their tokens.
struct LossComparison {
  private let decoder: Decoder
  private let texts: [Text]
  private let bootstrap: ClusterBootstrap
  private let threads: Int

  /// A text and which of its tokens are predicted.
  private struct Text: Sendable {
    let tokens: TokenizedPrompt
    /// How many tokens are the prompt's.
    let promptCount: Int
    let predicted: [Int]
  }

  /// Greedy replies that the model gives as it is; nil where it ends every reply at once.
  init?(
    repliesOf checks: ModelChecks, endOfSequence: Set<Int32>, maxTokens: Int, draws: Int
  ) throws {
    let replies = try checks.replies(
      to: checks.tokens, endOfSequence: endOfSequence, maxTokens: maxTokens)
    self.init(
      checks, draws: draws,
      zip(checks.tokens, replies).map { prompt, reply in
        let whole = prompt.followed(by: reply.ids)
        return Text(
          tokens: whole, promptCount: prompt.ids.count,
          predicted: Array(prompt.ids.count..<whole.ids.count))
      })
  }

  /// What users ask, without what the template adds; nil where there is nothing to predict.
  init?(promptsOf checks: ModelChecks, draws: Int) {
    self.init(
      checks, draws: draws,
      checks.tokens.map {
        Text(tokens: $0, promptCount: $0.ids.count, predicted: $0.predictedPositions)
      })
  }

  private init?(_ checks: ModelChecks, draws: Int, _ texts: [Text]) {
    let kept = texts.indices.filter { !texts[$0].predicted.isEmpty }
    if kept.isEmpty { return nil }
    decoder = checks.decoder
    threads = checks.threads
    self.texts = kept.map { texts[$0] }
    bootstrap = ClusterBootstrap(
      clusters: Clusters(kept.map { checks.prompts[$0] }), draws: draws, seed: checks.seed)
  }

  /// Compares losses and next tokens.
  ///
  /// - Parameter hooks: makes the intervention for a text, and tells where the reply begins.
  /// - Returns: means over tokens.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func compare(
    _ hooks: @Sendable (_ text: TokenizedPrompt, _ start: Int) -> [any ActivationHook]
  ) throws -> LossChange? {
    let figures = try parallelMap(count: texts.count, threads: threads) { index in
      let text = texts[index]
      return try sums(text, hooks: hooks(text.tokens, text.promptCount))
    }
    let counts = texts.map { Double($0.predicted.count) }
    func mean(_ part: KeyPath<Figures, Double>) -> Estimate? {
      bootstrap.ratio(figures.map { $0[keyPath: part] }, over: counts)
    }
    guard let baseline = mean(\.baseline), let changed = mean(\.changed),
      let increase = mean(\.increase), let divergence = mean(\.divergence)
    else { return nil }
    return LossChange(
      texts: texts.count, tokens: texts.reduce(0) { $0 + $1.predicted.count },
      baseline: baseline, changed: changed, increase: increase, divergence: divergence)
  }

  /// Sums over the tokens of a text.
  private struct Figures: Sendable {
    var baseline = 0.0
    var changed = 0.0
    var divergence = 0.0
    var increase: Double { changed - baseline }
  }

  private func sums(_ text: Text, hooks: [any ActivationHook]) throws -> Figures {
    let description = decoder.description
    var plain = DecoderWorkspace(for: description)
    var other = DecoderWorkspace(for: description)
    let batch = TokenBatch([text.tokens])
    try decoder.forward(batch, hooks: HookTable(for: description), logits: .all, &plain)
    try decoder.forward(batch, hooks: HookTable(hooks, for: description), logits: .all, &other)
    var figures = Figures()
    for position in text.predicted {
      let token = Int(text.tokens.ids[position])
      let row = position - 1..<position
      figures.baseline -= logProbability(of: token, in: plain.logits[rows: row])
      figures.changed -= logProbability(of: token, in: other.logits[rows: row])
      figures.divergence += divergence(
        of: other.logits[rows: row], from: plain.logits[rows: row])
    }
    return figures
  }
}

extension TokenizedPrompt {
  /// Positions of the user's text that something comes before.
  var predictedPositions: [Int] {
    ids.indices.filter { $0 > 0 && roles[$0] == .user }
  }
}
