public import Kernels
public import Tokenization

/// What an analysis of layers was run on, and what a reader needs to run it again.
public struct LayersOrigin: Codable, Sendable, Equatable {
  /// Digest of the model's files.
  public var modelDigest: String
  /// Digest of what adapters add to the model; nil without one.
  public var adapterDigest: String?
  /// Digest of the tokenizer.
  public var tokenizerDigest: String
  /// Digest of the chat template; nil where prompts were taken raw.
  public var templateDigest: String?
  /// Digest of the prompt file.
  public var promptsDigest: String
  /// How prompts became tokens.
  public var encoding: PromptEncoder.Options
  /// Precision of the model's products.
  public var precision: Precision
  /// Labelled prompts of class 1.
  public var positives: Int
  /// Labelled prompts of class 0.
  public var negatives: Int
  /// Clusters of prompts that share a group, a pair or their text.
  public var groups: Int
  /// The column of the groups; nil where every prompt is a group of its own.
  public var groupColumn: String?
  /// The labels that are class 1.
  public var meaningOfOne: String
  /// The labels that are class 0.
  public var meaningOfZero: String
  /// Prompts that were left out because they have no label.
  public var unlabeled: Int
  /// Fixes every draw.
  public var seed: UInt64

  /// Describes a run.
  public init(
    modelDigest: String, adapterDigest: String? = nil, tokenizerDigest: String,
    templateDigest: String?, promptsDigest: String, encoding: PromptEncoder.Options,
    precision: Precision, labeled: LabeledPrompts, seed: UInt64
  ) {
    self.modelDigest = modelDigest
    self.adapterDigest = adapterDigest
    self.tokenizerDigest = tokenizerDigest
    self.templateDigest = templateDigest
    self.promptsDigest = promptsDigest
    self.encoding = encoding
    self.precision = precision
    positives = labeled.prompts.count { $0.label == 1 }
    negatives = labeled.prompts.count { $0.label == 0 }
    groups = Clusters(labeled.prompts).count
    groupColumn = labeled.groupColumn
    meaningOfOne = labeled.meaningOfOne
    meaningOfZero = labeled.meaningOfZero
    unlabeled = labeled.unlabeledCount
    self.seed = seed
  }
}
