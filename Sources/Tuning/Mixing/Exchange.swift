/// A training example as texts: one request with its answer, under a system text or none.
public struct Exchange: Sendable, Hashable {
  /// The system text.
  public var system: String?
  /// What the user says.
  public var user: String
  /// What the model should answer.
  public var answer: String

  /// Makes an example.
  public init(system: String? = nil, user: String, answer: String) {
    self.system = system
    self.user = user
    self.answer = answer
  }
}
