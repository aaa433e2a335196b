public import ModelFiles

/// Why safety examples could not be mixed into a training set.
public enum MixingError: Failure, Equatable {
  /// What is wrong with a line.
  public enum LineFault: Equatable, Sendable {
    /// The conversation does not end with an answer.
    case noAnswer
    /// There is nothing in the answer.
    case emptyAnswer
    /// There is a response beside a conversation that has its answer already.
    case twoAnswers
    /// There is a system text beside a conversation that has one already.
    case twoSystemTexts
  }

  /// The lines cannot be kept as they are because there are none.
  case notJSONL(path: String)
  /// A line is no training example.
  case line(path: String, line: Int, LineFault)
  /// All conversations have several turns.
  case noExchanges(path: String)
  /// No safety example is left to mix in.
  case nothingToMix(path: String, count: Int, rejections: [String])
  /// A rate is no share.
  case rate(Double)

  public var kind: FailureKind {
    if case .rate = self { return .usage }
    return .badInput
  }

  public var description: String {
    switch self {
    case .notJSONL(let path):
      "\(ByteString(path)) is not a .jsonl file; training examples are JSON objects, one a line."
    case .line(let path, let line, let fault):
      "\(ByteString(path)), line \(line): \(fault.phrase)."
    case .noExchanges(let path):
      "\(ByteString(path)) holds only conversations of several turns, but examples with one request and "
        + "one answer are needed."
    case .nothingToMix(let path, let count, let rejections):
      "None of the \(count) examples in \(ByteString(path)) can be mixed in "
        + "(\(rejections.joined(separator: ", "))); an answer has to be a refusal, or be marked "
        + "\"\(ExchangeFile.redirectionColumn)\": true."
    case .rate(let rate):
      "A mixing rate of \(rate) makes no sense; expected a number from 0 to 1, the share of the training "
        + "examples that is added to them."
    }
  }
}

extension MixingError.LineFault {
  /// What follows the place in a sentence.
  var phrase: String {
    switch self {
    case .noAnswer:
      "there is no answer to train on; give a response, or messages that end with the assistant's"
    case .emptyAnswer: "the answer is empty, so that there is nothing to train on"
    case .twoAnswers: "there is a response beside messages that end with an answer; leave one out"
    case .twoSystemTexts:
      "there are a system message and a system text; leave one of them out"
    }
  }
}
