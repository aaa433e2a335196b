/// A request that should be declined, with a safe answer.
public struct SafetyExample: Sendable, Hashable {
  /// Its name in the file it comes from.
  public var id: String
  /// The request and its answer.
  public var exchange: Exchange
  /// Whether its author says that the answer is safe although it refuses nothing.
  public var isRedirection: Bool

  /// Makes an example.
  public init(id: String, exchange: Exchange, isRedirection: Bool = false) {
    self.id = id
    self.exchange = exchange
    self.isRedirection = isRedirection
  }
}

/// A safety example that was put into a training set, with what was done to it.
public struct AddedExample: Sendable, Hashable {
  /// Its place among the safety examples.
  public let index: Int
  /// Its name there.
  public let id: String
  /// The texts as they are trained on.
  public var exchange: Exchange
  /// The options that were drawn, empty where there are none.
  public let options: [String]
  /// Whether sentences of the answer were left out.
  public let isCut: Bool

  init(
    index: Int, _ example: SafetyExample, exchange: Exchange? = nil, options: [String] = [],
    isCut: Bool = false
  ) {
    self.index = index
    id = example.id
    self.exchange = exchange ?? example.exchange
    self.options = options
    self.isCut = isCut
  }
}

/// Why a safety example was not put into the user's format.
public enum RewriteRejection: String, Sendable, Codable, CaseIterable, Error {
  /// The answer is no refusal, and its author did not mark it as safe.
  case notRefusal = "not_a_refusal"
  /// The request is not in the rewritten prompt as it was.
  case requestAltered = "request_altered"
  /// The rewritten prompt does not have the user's form any more.
  case formLost = "form_lost"
  /// The rewritten answer holds an answer of the user's own task.
  case answerLeaked = "answer_leaked"
  /// The conversation has several turns.
  case severalTurns = "several_turns"

  /// What the reason is called in a sentence.
  var phrase: String {
    switch self {
    case .notRefusal: "no refusal"
    case .requestAltered: "request altered"
    case .formLost: "form lost"
    case .answerLeaked: "task answer in it"
    case .severalTurns: "several turns"
    }
  }
}
