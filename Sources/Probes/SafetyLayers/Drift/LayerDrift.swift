public import Inference
import ModelFiles

/// What a tuning did to what the layers hold of the two classes.
public struct LayerDrift: Codable, Sendable, Equatable {
  /// How it was measured.
  public let options: DriftOptions
  /// The model after the tuning.
  public let after: ComparedModel
  /// The prompts.
  public let sample: DriftSample
  /// What there is too little of to say anything in a sentence.
  public let obstacles: [HeadlineObstacle]
  /// Whether all prompts end in one token.
  public let endsAlike: Bool
  /// Every layer, from the first to the last.
  public let layers: [DriftedLayer]
  /// What standard errors of probes' figures were multiplied by for their bands.
  public let probeBandFactor: Double
  /// The same for changes of vectors.
  public let streamBandFactor: Double
  /// How many times as far as drawing other prompts turns it on average a direction has to turn to be called
  /// turned, all layers considered; nil where no direction is known.
  public let turnFactor: Double?
  /// Next tokens along the replies of the model before.
  public let replies: ReplyDrift
}

/// A model that another is compared with.
public struct ComparedModel: Codable, Sendable, Equatable {
  /// Digest of its files.
  public let digest: String
  /// Digest of what adapters add to it; nil without one.
  public let adapterDigest: String?

  /// Describes a model.
  public init(_ model: AdaptedModel) {
    self.init(digest: model.checkpoint.digest(), adapterDigest: model.adapterDigest)
  }

  /// The same of a model from anywhere.
  package init(digest: String, adapterDigest: String? = nil) {
    self.digest = digest
    self.adapterDigest = adapterDigest
  }
}

/// How many prompts two models were compared on.
public struct DriftSample: Codable, Sendable, Equatable {
  /// Prompts of class 1 that probes were fitted on.
  public let trainingPositives: Int
  /// Prompts of class 0 that probes were fitted on.
  public let trainingNegatives: Int
  /// Prompts of class 1 that probes were judged on.
  public let positives: Int
  /// Prompts of class 0 that probes were judged on.
  public let negatives: Int
  /// Clusters of the prompts that probes were judged on.
  public let groups: Int
  /// Clusters of all prompts, by which directions and vectors are judged.
  public let allGroups: Int
}

/// What became of one layer.
public struct DriftedLayer: Codable, Sendable, Equatable {
  /// The block behind which it is measured.
  public let layer: Int
  /// Probes of either model on both.
  public let probe: ProbeDrift
  /// The direction from the mean of class 0 to that of class 1.
  public let direction: DirectionDrift
  /// The vectors themselves.
  public let stream: StreamDrift
}

/// Probes of the model before and of the model after, on held-out prompts of either model.
public struct ProbeDrift: Codable, Sendable, Equatable {
  /// How well a probe does.
  public struct Figures: Codable, Sendable, Equatable {
    /// Area under the ROC curve.
    public let auroc: Estimate?
    /// The mean of the shares of both classes that it decides right.
    public let balancedAccuracy: Estimate?
  }

  /// The probe of the model before, on that model.
  public let before: Figures
  /// The probe of the model before, on the model after.
  public let frozen: Figures
  /// A probe fitted on the model after, on that model.
  public let refitted: Figures
  /// The probe of the model after, on the model before.
  public let back: Figures
  /// The area of the model before, with a band that holds for all layers together.
  public let area: Estimate?
  /// Area of the probe of the model before: after less before, with such a band.
  public let frozenChange: Estimate?
  /// Area on the model after: the probe fitted anew less that of the model before, with such a band.
  public let refittedGain: Estimate?
  /// Area of each model's own probe: after less before, with such a band.
  public let refittedChange: Estimate?
  /// Balanced accuracy of the probe of the model before: after less before.
  public let frozenAccuracyChange: Estimate?
  /// Balanced accuracy on the model after: the probe fitted anew less that of the model before.
  public let refittedAccuracyGain: Estimate?
  /// What became of what the probe reads.
  public let fate: ProbeFate
}

/// What became of what a probe reads.
public enum ProbeFate: String, Codable, Sendable, CaseIterable {
  /// The probe of the model before loses less than the margin.
  case kept
  /// It loses more, but one fitted anew does not, or regains more than the margin.
  case moved
  /// It loses more, and one fitted anew does too.
  case gone
  /// The intervals allow several of these.
  case open
  /// The probe of the model before was not shown to read anything on that model.
  case unusable
}

/// The direction from the mean of class 0 to that of class 1 in two models.
public struct DirectionDrift: Codable, Sendable, Equatable {
  /// The cosine between the two; nil where one has no length.
  public let cosine: Estimate?
  /// One less the cosine.
  public let turn: Double?
  /// What that is on average between directions of the model before on two draws of prompts; nil where draws spread
  /// the direction by more than a quarter of its length, so that it is not known well enough to turn.
  public let expectedTurn: Double?
  /// What it has to exceed to be called turned, all layers considered.
  public let limit: Double?
  /// Length before.
  public let normBefore: Double
  /// Length after.
  public let normAfter: Double
  /// The latter by the former, with a 95 % interval; nil where there is no length before.
  public let normRatio: Estimate?
  /// Whether it turned further than drawing other prompts turns it.
  public let isTurned: Bool
}

/// How far vectors at the last position moved, as a share of their length before.
public struct StreamDrift: Codable, Sendable, Equatable {
  /// Mean of prompts of class 1, with a band that holds for all layers and classes together.
  public let harmful: Estimate?
  /// Mean of prompts of class 0, with such a band.
  public let harmless: Estimate?
  /// The former less the latter, with such a band.
  public let difference: Estimate?
}

/// How next tokens differ along the replies of the model before, in nats.
public struct ReplyDrift: Codable, Sendable, Equatable {
  /// One token of the replies.
  public struct Position: Codable, Sendable, Equatable {
    /// Which token, from 1.
    public let position: Int
    /// Prompts of class 1 whose replies reach it.
    public let harmfulPrompts: Int
    /// Prompts of class 0 whose replies reach it.
    public let harmlessPrompts: Int
    /// Mean divergence of prompts of class 1; nil where no reply reaches it.
    public let harmful: Estimate?
    /// Mean divergence of prompts of class 0.
    public let harmless: Estimate?
  }

  /// All tokens of some prompts.
  public struct Part: Codable, Sendable, Equatable {
    /// The prompts.
    public let prompts: Int
    /// Tokens of their replies.
    public let tokens: Int
    /// Mean divergence of a token.
    public let mean: Estimate?
    /// The first tokens' share of all divergence; nil where there is none.
    public let firstShare: Estimate?
    /// Their share of all tokens.
    public let evenShare: Double
    /// How much the former is above the latter.
    public let excess: Estimate?
  }

  /// Clusters of the prompts.
  public let groups: Int
  /// Every token, from the first on.
  public let positions: [Position]
  /// Both classes.
  public let all: Part
  /// Class 1.
  public let harmful: Part
  /// Class 0.
  public let harmless: Part
  /// Mean divergence of a token of class 1 less that of class 0.
  public let difference: Estimate?
}
