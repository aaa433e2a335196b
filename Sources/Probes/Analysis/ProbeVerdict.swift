/// What may be said, and what speaks against saying more.
public struct ProbeVerdict: Codable, Sendable, Equatable {
  /// What may be said.
  public enum Claim: String, Codable, Sendable {
    /// The probe decodes the label, beyond what the text alone gives away.
    case decodes
    /// Something refutes that; the findings say what.
    case notShown = "not_shown"
    /// There is too little for a claim either way.
    case tooSmall = "too_small"
  }
  /// What may be said.
  public let claim: Claim
  /// What was found, the refuting ones first.
  public let findings: [ProbeFinding]
}

/// Something that a control found.
public struct ProbeFinding: Codable, Sendable, Equatable {
  /// What it is.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Text-only predictors read the label, and the probe no better.
    case lexicalShortcut = "lexical_shortcut"
    /// The gain over predictors that see the text alone may be none.
    case noGain = "no_gain"
    /// No predictor that sees the words was run, so nothing is known of what the text gives away.
    case textNotCompared = "text_not_compared"
    /// The area is what permuted labels give.
    case chance
    /// Within groups the probe reads nothing: it tells groups apart.
    case groupConfound = "group_confound"
    /// The label is, or follows, the source.
    case sourceConfound = "source_confound"
    /// Prompts of one length are not told apart.
    case lengthConfound = "length_confound"
    /// Near-duplicates stood on both sides of a split; they were dropped.
    case nearDuplicates = "near_duplicates"
    /// Folds that split groups give much more: groups are recognised.
    case groupMemory = "group_memory"
    /// No group has both classes, so label and group cannot be told apart.
    case labelFollowsGroup = "label_follows_group"
    /// An untrained model of the same shape does as well.
    case untrainedAsGood = "untrained_as_good"
    /// The model's own refusal log-odds do as well.
    case refusalAsGood = "refusal_as_good"
    /// On some other source the probe is at chance.
    case transferFails = "transfer_fails"
    /// Stated chances are not what comes true.
    case miscalibrated
    /// Folds find different directions.
    case unstable
    /// The direction does not move the model's refusals as random ones do not, both ways.
    case notUsed = "not_used"
  }
  /// What it is.
  public let kind: Kind
  /// Whether it forbids the claim.
  public let refutes: Bool
  /// The figure it rests on, if one does.
  public let value: Double?
}
