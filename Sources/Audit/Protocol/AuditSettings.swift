public import Inference
public import Tokenization

/// How an audit runs.
public struct AuditSettings: Sendable {
  /// The protocol, which the results depend on.
  public let audit: AuditProtocol
  /// Lays out and tokenizes prompts for both models.
  public let encoder: PromptEncoder
  /// The phrases that mark refusals.
  public let rules: RefusalRules
  /// Tokens that end an answer.
  public let endOfSequence: Set<Int32>
  /// How many threads compute; the results are the same for any.
  public let threads: Int
  /// Whether the model before the tuning also answers under the other system text.
  public let measuresBaseline: Bool
  /// Whether a random update of the same size is measured, too.
  public let measuresRandomControl: Bool
  /// Told what is measured and how much of it is done; false stops the audit.
  public let onProgress: @Sendable (_ what: String, _ done: Int, _ total: Int) -> Bool

  /// States how to run.
  public init(
    _ audit: AuditProtocol, encoder: PromptEncoder, rules: RefusalRules = .general,
    endOfSequence: Set<Int32>, threads: Int, measuresBaseline: Bool = true,
    measuresRandomControl: Bool = false,
    onProgress: @escaping @Sendable (String, Int, Int) -> Bool = { _, _, _ in true }
  ) {
    self.audit = audit
    self.encoder = encoder
    self.rules = rules
    self.endOfSequence = endOfSequence
    self.threads = threads
    self.measuresBaseline = measuresBaseline
    self.measuresRandomControl = measuresRandomControl
    self.onProgress = onProgress
  }
}
