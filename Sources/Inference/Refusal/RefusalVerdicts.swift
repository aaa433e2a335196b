/// Whether an answer is a refusal, by both rules side by side, with the list that was used.
public struct RefusalVerdicts: Sendable, Hashable, Codable {
  /// Verdict of the phrases anywhere in the answer.
  public let anywhere: Bool
  /// Verdict of the phrases in its opening.
  public let opening: Bool
  /// The list's name and version, such as `general-1`.
  public let rules: String
  /// The list's digest.
  public let rulesDigest: String

  /// Judges an answer.
  public init(_ answer: String, rules: RefusalRules) {
    anywhere = rules.isRefusal(answer, scope: .anywhere)
    opening = rules.isRefusal(answer, scope: .opening)
    self.rules = "\(rules.name)-\(rules.version)"
    rulesDigest = rules.digest
  }
}
