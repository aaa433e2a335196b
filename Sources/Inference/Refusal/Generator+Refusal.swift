import Kernels
public import Tokenization

extension Generator {
  /// Refusal log-odds at a prompt's last position, with the generator's interventions on.
  ///
  /// - Parameters:
  ///   - prompt: a tokenized prompt that ends where the reply begins.
  ///   - tokens: the first tokens of refusals.
  /// - Returns: R = log q − log(1 − q).
  /// - Throws: `InferenceError` where a token's embedding cannot be read.
  public func refusalLogOdds(_ prompt: TokenizedPrompt, _ tokens: RefusalTokens) throws -> Double {
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      TokenBatch([prompt]), hooks: HookTable(hooks, for: decoder.description), logits: .last, &space
    )
    return tokens.logOdds(space.logits[rows: 0..<1])
  }
}
