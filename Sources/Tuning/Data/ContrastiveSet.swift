import Tokenization

/// The same prompts with a safe and an unsafe answer each.
///
/// Nothing unsafe comes with this package: the unsafe answers are the user's own, or a short opening that
/// agrees and says nothing.
public struct ContrastiveSet: Sendable {
  /// A prompt answered twice.
  public struct Pair: Sendable, Equatable {
    /// The prompt with the safe answer.
    public let safeAnswer: TrainingExample
    /// The prompt with the unsafe answer.
    public let unsafeAnswer: TrainingExample

    package init(safeAnswer: TrainingExample, unsafeAnswer: TrainingExample) {
      self.safeAnswer = safeAnswer
      self.unsafeAnswer = unsafeAnswer
    }
  }

  /// Pairs that come from no file.
  package init(pairs: [Pair]) {
    precondition(!pairs.isEmpty, "no pairs")
    self.pairs = pairs
    path = ""
    digest = ""
  }

  /// An opening that agrees and has no content: what the safety loss needs to move away from.
  public static let compliantOpening = "Sure, here is how"

  /// The file.
  public let path: String
  /// The pairs in the order of the file, at least one.
  public let pairs: [Pair]
  /// SHA-256 over the content of the file's lines.
  public let digest: String

  /// Reads a file with columns `prompt`, `safe` and `unsafe`, or one of examples, whose answers are the safe
  /// ones and are set against an opening that agrees.
  ///
  /// - Parameters:
  ///   - path: JSONL or CSV.
  ///   - encoder: lays conversations out.
  ///   - maximumLength: the most tokens of an example.
  ///   - truncates: whether longer examples lose their end.
  /// - Throws: `TuningError` for lines that cannot be learned from, and what `PromptSet` throws.
  public init(
    path: String, encoder: TrainingEncoder, maximumLength: Int, truncates: Bool = false
  ) throws {
    let set = try PromptSet(path: path)
    var safeAnswers = GatheredExamples(maximumLength: maximumLength, truncates: truncates)
    var unsafeAnswers = safeAnswers
    for prompt in set.prompts {
      let (safeAnswer, unsafeAnswer) = (prompt.column("safe"), prompt.column("unsafe"))
      safeAnswers.add(line: prompt.line) { () throws(TrainingFault) in
        guard (safeAnswer == nil) == (unsafeAnswer == nil) else { throw .oneAnswerOfTwo }
        return try encoder.example(of: prompt, answer: safeAnswer)
      }
      guard (safeAnswer == nil) == (unsafeAnswer == nil) else { continue }
      unsafeAnswers.add(line: prompt.line) { () throws(TrainingFault) in
        try encoder.example(
          of: prompt, answer: unsafeAnswer ?? Self.compliantOpening, replaces: safeAnswer == nil)
      }
    }
    pairs = zip(
      try safeAnswers.examples(path: path), try unsafeAnswers.examples(path: path)
    ).map { Pair(safeAnswer: $0, unsafeAnswer: $1) }
    self.path = path
    digest = set.digest
  }
}
