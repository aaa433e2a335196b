import ModelFiles
import Tokenization

extension TuningError {
  /// How many bad lines are described.
  private static let describedFaults = 10
  /// How many lines of a step are named.
  private static let describedPlaces = 16

  public var description: String {
    switch self {
    case .dataLines(let path, let faults, let tooLong):
      return Self.sentences(faults, tooLong: tooLong, path: ByteString(path))
    case .nothingLeft(let path, let examples, let heldOut):
      return
        "\(ByteString(path)) has \(examples) examples, and holding \(heldOut) out leaves none to train "
        + "on; give more, or a smaller share."
    case .nothingToTrain(let strategy):
      return "The strategy \(strategy) leaves nothing to train; choose other layers or modules."
    case .value(let name, let found, let expected):
      return "--\(name) is \(ByteString(found)), but \(expected) is needed."
    case .needed(let strategy, let what):
      return "The strategy \(strategy) needs \(what)."
    case .brokenDown(let breakdown, let step, let examples, let checkpoint, let folder):
      let kept =
        checkpoint.map { "the last good state is \(ByteString($0))" }
        ?? "there is no checkpoint of an earlier state in \(ByteString(folder))"
      return
        "\(breakdown.phrase(step: step))\(Self.origin(of: examples)); \(kept). Try a smaller "
        + "--learning-rate, --clip\(examples.isEmpty ? "." : ", or look at those lines.")"
    case .runExists(let folder):
      return
        "\(ByteString(folder)) exists already; go on with it by --resume, replace it by --overwrite, or "
        + "name another folder."
    case .noRun(let folder):
      return "\(ByteString(folder)) has no run to go on with; leave out --resume to start one."
    case .notARun(let folder):
      return
        "\(ByteString(folder)) is no run of this tool and is left as it is; name another folder."
    case .inUse(let folder):
      return "\(ByteString(folder)) is being written by another process; wait until it ends."
    case .mismatch(let folder, let what, let found, let expected):
      return "\(ByteString(folder)) was made with \(what) \(ByteString(found)), but now it is "
        + "\(ByteString(expected)); go on with what it was made with, or start anew with --overwrite."
    case .checkpoint(let path, let problem):
      return
        "\(ByteString(path)) cannot be gone on from: \(problem); remove it to use an earlier one."
    case .logLine(let path, let line):
      return
        "\(ByteString(path)), line \(line) tells neither of a step nor of an evaluation; run again, or "
        + "remove the file to do without its curves."
    case .interrupted(let folder, let step):
      return
        "Interrupted after step \(step); \(ByteString(folder)) keeps the state, and the same command "
        + "with --resume goes on from there."
    }
  }

  private static func origin(of examples: [TrainingPlace]) -> String {
    guard !examples.isEmpty else { return "" }
    let lines = examples.prefix(describedPlaces).map { place in
      "line \(place.line) of \(ByteString(place.path))"
    }
    let more = examples.count - lines.count
    return ", made from " + lines.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private static func sentences(
    _ faults: [TrainingLineFault], tooLong: Int, path: ByteString
  ) -> String {
    var sentences = faults.prefix(describedFaults).map {
      "\(path), line \($0.line): \($0.fault.phrase)."
    }
    let more = faults.count - sentences.count
    if more > 0 { sentences.append("\(path) has \(more) more bad line\(more == 1 ? "" : "s").") }
    if tooLong > 1 {
      sentences.append("\(tooLong) lines of \(path) are too long; --truncate cuts their answers.")
    }
    return sentences.joined(separator: " ")
  }
}

extension Breakdown {
  /// What a sentence begins with.
  fileprivate func phrase(step: Int) -> String {
    switch self {
    case .notFinite(let what): "The \(what) of step \(step) is not finite"
    case .noGradient:
      "Step \(step) has a loss and no gradient, as where weights have run away and leave rows of zeros"
    }
  }
}

extension TrainingFault {
  /// What follows the place in a sentence.
  var phrase: String {
    switch self {
    case .noAnswer:
      "there is no answer to learn; add a response, or a message of the assistant"
    case .emptyAnswer(nil): "the answer is empty"
    case .emptyAnswer(let message?): "message \(message + 1) is an empty answer"
    case .twoAnswers:
      "the messages end with an answer, and there is a response as well; leave one of them out"
    case .twoSystemTexts:
      "there are a system message and a system text; leave one of them out"
    case .oneAnswerOfTwo: "there is one of safe and unsafe, but both answers are needed"
    case .rawConversation: "raw text needs one prompt and one response"
    case .noTargets: "no token of the answer is left in the text that the chat template makes"
    case .tooLong(let tokens, let most):
      "there are \(tokens) tokens, but \(most) are the most; shorten it, or cut answers with --truncate"
    case .nothingLeftOfAnswer(let most):
      "the prompt alone fills the \(most) tokens that are the most, and nothing of the answer is left"
    case .conversation(let error):
      error.description.hasSuffix(".") ? String(error.description.dropLast()) : error.description
    }
  }
}
