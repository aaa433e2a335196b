/// A row of the report that may not have been run, and then why.
///
/// In JSON either `{"done": {…}}` or `{"not_run": "needs_model"}`.
public enum Check<Finding: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
  /// What was found.
  case done(Finding)
  /// Why nothing was.
  case notRun(NotRun)

  /// What was found, if the check was run.
  public var finding: Finding? {
    guard case .done(let finding) = self else { return nil }
    return finding
  }

  private enum CodingKeys: CodingKey {
    case done
    case notRun
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let finding = try container.decodeIfPresent(Finding.self, forKey: .done) {
      self = .done(finding)
    } else {
      self = .notRun(try container.decode(NotRun.self, forKey: .notRun))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .done(let finding): try container.encode(finding, forKey: .done)
    case .notRun(let reason): try container.encode(reason, forKey: .notRun)
    }
  }
}

/// What a check would have needed.
public enum NotRun: String, Codable, Sendable, CaseIterable {
  /// The model that the activations are of.
  case needsModel = "needs_model"
  /// A source column with two values or more, or another store.
  case needsSources = "needs_sources"
  /// Contrast pairs: two prompts, one of each class.
  case needsPairs = "needs_pairs"
  /// Tokens with the role of the user's.
  case needsTokens = "needs_tokens"
  /// The prompts' text: captured with `--store-text`, or decoded by the model's tokenizer.
  case needsText = "needs_text"
  /// More than one position of every prompt at the reference cell's site and layer.
  case needsPositions = "needs_positions"
  /// Strata in which both classes occur.
  case needsBothClasses = "needs_both_classes"
  /// A headline, whose scores it would be about.
  case needsHeadline = "needs_headline"
}
