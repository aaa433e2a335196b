public import Tokenization

/// How much of the prompts the tuning had seen.
public struct Contamination: Codable, Sendable, Equatable {
  /// Digest of the training file.
  public let trainingDigest: String
  /// Harmful prompts that were asked.
  public let prompts: Int
  /// Those that are in the training data word for word.
  public let identical: Int
  /// Those that share a run of eight words with it, identical ones included.
  public let overlapping: Int

  /// Words in a run; shorter prompts are compared whole, with whole messages.
  static let runLength = 8

  /// Compares prompts with the messages and answers of training data.
  public init(of prompts: AuditPrompts, in training: PromptSet) {
    var texts: Set<String> = []
    var runs: Set<String> = []
    for example in training.prompts {
      for text in example.messages.map(\.content) + [example.response].compactMap({ $0 }) {
        texts.insert(Self.folded(text))
        runs.formUnion(wordRuns(of: text, length: Self.runLength))
      }
    }
    let identical = prompts.prompts.map { texts.contains(Self.folded($0.userText)) }
    let overlapping = prompts.prompts.map {
      !runs.isDisjoint(with: wordRuns(of: $0.userText, length: Self.runLength))
    }
    trainingDigest = training.digest
    self.prompts = prompts.prompts.count
    self.identical = identical.count { $0 }
    self.overlapping = zip(identical, overlapping).count { $0 || $1 }
  }

  /// The text with white space made one.
  private static func folded(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
