public import ModelFiles
public import Tokenization

/// Everything that can be wrong with what an audit is asked to do.
public enum AuditError: Failure, Equatable {
  /// A file has no prompts of the kind or part that is wanted.
  case noPrompts(path: String, kind: PromptKind, split: String?)
  /// A line of a file cannot be used.
  case line(path: String, line: Int, problem: String)
  /// A line of a file cannot be laid out as a conversation for the models.
  case conversation(path: String, line: Int, TokenizationError)
  /// A file of verdicts speaks of a prompt that was not asked.
  case unknownPrompt(path: String, line: Int, digest: String)
  /// A file of verdicts says two things of one answer.
  case repeatedVerdict(path: String, line: Int, digest: String)
  /// The two models cannot be compared prompt by prompt.
  case otherModel(what: String, before: String, after: String)
  /// Two measurements were made under different protocols.
  case otherProtocol(path: String, differing: [String])
  /// A file of kept answers is damaged.
  case damagedLog(path: String, line: Int)
  /// A file of kept answers cannot be opened.
  case unreadableLog(path: String)
  /// The audit was asked to stop.
  case interrupted(path: String)

  public var kind: FailureKind {
    switch self {
    case .conversation(_, _, let cause): cause.kind
    case .noPrompts, .line, .unknownPrompt, .repeatedVerdict, .damagedLog: .badInput
    case .otherModel, .otherProtocol: .mismatch
    case .unreadableLog: .inputOutput
    case .interrupted: .tryAgain
    }
  }

  public var description: String {
    switch self {
    case .noPrompts(let path, let kind, let split):
      "\(ByteString(path)) has no \(kind.rawValue) prompts"
        + (split.map { " in the part \(ByteString($0))" } ?? "")
        + "; name a file that has, \(kind.labels.joined(separator: ", ")) being the labels that count where there "
        + "are labels."
    case .line(let path, let line, let problem):
      "Line \(line) of \(ByteString(path)) \(problem)."
    case .conversation(let path, let line, let cause):
      "\(ByteString(path)), line \(line): \(cause.description)"
    case .unknownPrompt(let path, let line, let digest):
      "Line \(line) of \(ByteString(path)) is about \(ByteString(digest)), which is no prompt of this audit; prompts "
        + "are named by the SHA-256 that verdicts.csv has."
    case .repeatedVerdict(let path, let line, let digest):
      "Line \(line) of \(ByteString(path)) judges an answer to \(ByteString(digest)) a second time; keep one verdict "
        + "for each prompt and side."
    case .otherModel(let what, let before, let after):
      "The models before and after have different \(what)s (\(ByteString(before)) and \(ByteString(after))), so that "
        + "answers cannot be compared prompt by prompt; give a model and a tuning of it."
    case .otherProtocol(let path, let differing):
      "\(ByteString(path)) was measured under another protocol (\(differing.joined(separator: ", "))), and only "
        + "answers under one protocol are compared; give --overwrite to begin anew, or choose another --output."
    case .damagedLog(let path, let line):
      "Line \(line) of \(ByteString(path)) is damaged; give --overwrite to begin anew."
    case .unreadableLog(let path):
      "\(ByteString(path)) cannot be opened; is it a file of yours?"
    case .interrupted(let path):
      "Interrupted; what was measured is kept in \(ByteString(path)), and the same command goes on from there."
    }
  }
}
