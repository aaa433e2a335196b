/// Tokens of prompts with the score that a probe gives each.
///
/// Beside a `result.json`, in `tokens.json`: `{"cell", "prompts": [{"id", "label", "tokens": [{"text",
/// "role", "score"}, …]}, …]}`.
public struct TokenView: Codable, Sendable, Equatable {
  /// The name of the file beside a result.
  public static let fileName = "tokens.json"

  /// The place of the probe.
  public let cell: String
  /// The prompts, in the order to be offered.
  public let prompts: [Prompt]

  /// One prompt.
  public struct Prompt: Codable, Sendable, Equatable {
    /// The prompt's id.
    public let id: String
    /// What its label means, such as `harmful`; nil without a label.
    public let label: String?
    /// Its tokens in order, those of the template among them.
    public let tokens: [Token]

    /// A prompt and its tokens.
    public init(id: String, label: String?, tokens: [Token]) {
      self.id = id
      self.label = label
      self.tokens = tokens
    }
  }

  /// One token.
  public struct Token: Codable, Sendable, Equatable {
    /// Its text.
    public let text: String
    /// Whose it is, such as `user` or `template`.
    public let role: String
    /// The probe's log-odds there; nil where it was not captured.
    public let score: Double?

    /// A token and its score.
    public init(text: String, role: String, score: Double?) {
      self.text = text
      self.role = role
      self.score = score
    }
  }

  /// Scores of prompts by the probe of one place.
  public init(cell: String, prompts: [Prompt]) {
    self.cell = cell
    self.prompts = prompts
  }

  /// The view as JSON text, the same bytes for the same view.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}
