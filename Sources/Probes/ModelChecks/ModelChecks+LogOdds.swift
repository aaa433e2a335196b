import Inference
import Tokenization

extension ModelChecks {
  /// The model's own refusal log-odds R at the end of every prompt.
  ///
  /// A probe is worth what it adds to asking the model. One pass.
  ///
  /// - Parameter refusal: the first tokens of refusals, and what every reply begins with before them.
  /// - Returns: R of each prompt.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func refusalLogOdds(_ refusal: RefusalOpening) throws -> [Double] {
    let prompts = tokens.map { $0.followed(by: refusal.prefix) }
    let pass = LayerMajorPass(decoder, sites: [HookSite(.logits)], threads: threads)
    return try PromptBatch.batches(prompts, lengths: prompts.map(\.ids.count), for: decoder)
      .flatMap { try $0.logOdds(pass, refusal.tokens) }
  }
}

extension PromptBatch {
  /// Refusal log-odds at the end of each prompt.
  ///
  /// - Parameters:
  ///   - pass: a pass that makes logits.
  ///   - tokens: the first tokens of refusals.
  ///   - start: where the pass begins; nil for the token embedding.
  ///   - hooks: makes what else looks at a tile, or changes it.
  /// - Returns: R of each prompt.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func logOdds(
    _ pass: LayerMajorPass, _ tokens: RefusalTokens, from start: PassStart? = nil,
    hooks: @escaping PassHooks.Make = { _ in [] }
  ) throws -> [Double] {
    let found = LastRowValues<Double>(self)
    let observer = PassHooks { rows in
      hooks(rows) + [found.reader(HookSite(.logits), rows: rows) { tokens.logOdds($1) }]
    }
    _ = try pass.run(layout, wanted: found.rows.sorted(), from: start, observer: observer)
    return found.values
  }
}

extension TokenizedPrompt {
  /// The prompt with the first tokens of a reply.
  func followed(by reply: [Int32]) -> TokenizedPrompt {
    if reply.isEmpty { return self }
    return TokenizedPrompt(
      ids: ids + reply, roles: roles + Array(repeating: .assistant, count: reply.count))
  }
}
