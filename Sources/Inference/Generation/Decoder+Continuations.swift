import Kernels
package import Tokenization

extension Decoder {
  /// How likely texts are behind a prompt.
  ///
  /// - Parameters:
  ///   - continuations: tokens of each text, at least one.
  ///   - prompt: what comes before each of them.
  /// - Returns: for each text the natural log-probabilities of its tokens, each given everything before it.
  /// - Throws: `InferenceError.contextTooShort`, or `ModelFileError` where weights cannot be read.
  package func logProbabilities(
    of continuations: [[Int32]], behind prompt: TokenizedPrompt
  ) throws -> [[Double]] {
    var batch = TokenBatch()
    for continuation in continuations {
      precondition(!continuation.isEmpty, "a text of no tokens")
      let count = prompt.ids.count + continuation.count
      guard count <= description.contextLength else {
        throw InferenceError.contextTooShort(
          prompt: "A prompt with its text", tokens: count, wanted: 0,
          contextLength: description.contextLength)
      }
      batch.append(prompt.ids + continuation)
    }
    var space = DecoderWorkspace(for: description)
    try forward(batch, hooks: HookTable(for: description), logits: .all, &space)
    return zip(batch.sequences, continuations).map { sequence, continuation in
      continuation.enumerated().map { place, token in
        let row = sequence.rows.lowerBound + prompt.ids.count + place - 1
        return logProbability(of: Int(token), in: space.logits[rows: row..<row + 1])
      }
    }
  }
}
