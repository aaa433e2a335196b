public import ModelFiles
public import Tokenization

/// What can go wrong when a model is tuned.
public enum TuningError: Failure, Equatable {
  // Data
  /// Lines of a data file cannot be learned from; some of them are too long.
  case dataLines(path: String, [TrainingLineFault], tooLong: Int)
  /// Holding out leaves nothing to train on.
  case nothingLeft(path: String, examples: Int, heldOut: Int)

  // Plans
  /// A strategy leaves nothing to train.
  case nothingToTrain(strategy: String)
  /// A number of the plan makes no sense.
  case value(name: String, found: String, expected: String)
  /// A strategy needs something that was not given.
  case needed(strategy: String, what: String)

  // Runs
  /// The numbers of a step ran beyond what floats hold, or into zeros.
  case brokenDown(
    Breakdown, step: Int, examples: [TrainingPlace], checkpoint: String?, folder: String)
  /// The folder of a run is there already.
  case runExists(folder: String)
  /// There is no run to go on with.
  case noRun(folder: String)
  /// The folder is no run's.
  case notARun(folder: String)
  /// Another process writes to the run.
  case inUse(folder: String)
  /// A run was made of something else.
  case mismatch(folder: String, what: String, found: String, expected: String)
  /// A checkpoint is damaged or not of this run.
  case checkpoint(path: String, problem: String)
  /// A line of a run's log is none of a step or an evaluation.
  case logLine(path: String, line: Int)
  /// The run was asked to stop.
  case interrupted(folder: String, step: Int)

  public var kind: FailureKind {
    switch self {
    case .dataLines, .nothingLeft, .brokenDown, .checkpoint, .logLine, .notARun: .badInput
    case .nothingToTrain, .value, .needed: .usage
    case .runExists: .cannotCreate
    case .noRun: .missingInput
    case .inUse, .interrupted: .tryAgain
    case .mismatch: .mismatch
    }
  }
}

/// In what a step broke down.
public enum Breakdown: Sendable, Equatable {
  /// Something of the step is not finite: its loss, its gradient, a figure of the strategy.
  case notFinite(String)
  /// There is a loss and no gradient at all, as where weights overflow and leave rows of zeros.
  case noGradient
}

/// A line of a data file.
public struct TrainingPlace: Sendable, Equatable {
  /// The file.
  public let path: String
  /// The line, counted from 1.
  public let line: Int
}

/// A line that cannot be learned from.
public struct TrainingLineFault: Sendable, Equatable {
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong.
  public let fault: TrainingFault
}

/// Why a line cannot be learned from.
public enum TrainingFault: Error, Sendable, Equatable {
  /// Nothing is said by the assistant.
  case noAnswer
  /// An answer is empty: that of a message, or of the response.
  case emptyAnswer(message: Int?)
  /// A conversation ends with an answer and has a response as well.
  case twoAnswers
  /// A conversation has a system message and a system text.
  case twoSystemTexts
  /// There is one of a safe and an unsafe answer.
  case oneAnswerOfTwo
  /// Raw text was asked for, but there is no pair of one prompt and one response.
  case rawConversation
  /// No token of the answers is left in the rendered text.
  case noTargets
  /// It has more tokens than fit.
  case tooLong(tokens: Int, most: Int)
  /// Cutting leaves nothing of the answer.
  case nothingLeftOfAnswer(most: Int)
  /// The conversation cannot be laid out.
  case conversation(TokenizationError)
}
