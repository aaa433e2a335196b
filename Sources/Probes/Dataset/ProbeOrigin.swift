public import Kernels
public import Tokenization

/// Where a dataset's vectors came from and how its rows were chosen: what a reader needs to judge
/// the figures, and what a saved probe needs to refuse the wrong vectors.
public struct ProbeOrigin: Codable, Sendable, Equatable {
  /// Digest of the model's files.
  public var modelDigest: String
  /// The SHA-256 of what adapters add to the model; nil without one.
  public var adapterDigest: String?
  /// Digest of the tokenizer.
  public var tokenizerDigest: String
  /// Digest of the chat template; nil when prompts were taken raw.
  public var templateDigest: String?
  /// Digest of the prompt file.
  public var promptsDigest: String
  /// Digest of everything the capture depended on.
  public var identityDigest: String
  /// How prompts became tokens; new prompts must become tokens in the same way.
  public var encoding: PromptEncoder.Options
  /// Precision of the model's products; new prompts must be run at the same.
  public var precision: Precision
  /// Type the vectors were stored in.
  public var storedType: String

  /// Column the labels were read from.
  public var labelColumn: String
  /// The labels that are class 1.
  public var meaningOfOne: String
  /// The labels that are class 0.
  public var meaningOfZero: String
  /// Column the groups were read from; nil when the store has none of that name, so that every
  /// prompt counts as a group of its own.
  public var groupColumn: String?
  /// The split whose rows alone were used, as `column = value`; nil when all were.
  public var split: String?
  /// Prompts left out, by reason.
  public var leftOut: LeftOut
  /// Names of captured positions that not every prompt has, which were not probed.
  public var unevenPositions: [String]

  /// Counts of prompts that were not used.
  public struct LeftOut: Codable, Sendable, Equatable {
    /// The label is empty.
    public var unlabeled: Int
    /// The model or the stored type gave a value that is not finite.
    public var notFinite: Int
    /// The prompt belongs to another split.
    public var otherSplit: Int

    /// Counts by reason.
    public init(unlabeled: Int = 0, notFinite: Int = 0, otherSplit: Int = 0) {
      self.unlabeled = unlabeled
      self.notFinite = notFinite
      self.otherSplit = otherSplit
    }
  }

  /// Describes a dataset.
  public init(
    modelDigest: String, adapterDigest: String? = nil, tokenizerDigest: String,
    templateDigest: String?, promptsDigest: String, identityDigest: String,
    encoding: PromptEncoder.Options = PromptEncoder.Options(),
    precision: Precision, storedType: String, labelColumn: String,
    meaningOfOne: String, meaningOfZero: String, groupColumn: String?, split: String? = nil,
    leftOut: LeftOut = LeftOut(), unevenPositions: [String] = []
  ) {
    self.modelDigest = modelDigest
    self.adapterDigest = adapterDigest
    self.tokenizerDigest = tokenizerDigest
    self.templateDigest = templateDigest
    self.promptsDigest = promptsDigest
    self.identityDigest = identityDigest
    self.encoding = encoding
    self.precision = precision
    self.storedType = storedType
    self.labelColumn = labelColumn
    self.meaningOfOne = meaningOfOne
    self.meaningOfZero = meaningOfZero
    self.groupColumn = groupColumn
    self.split = split
    self.leftOut = leftOut
    self.unevenPositions = unevenPositions
  }
}
