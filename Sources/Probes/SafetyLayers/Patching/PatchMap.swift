import Inference

/// How much of the difference between a refused and an answered prompt each place carries over.
///
/// Denoising puts the refused prompt's activation into the answered one and finds what is enough for a refusal;
/// noising puts the answered prompt's into the refused one and finds what a refusal needs. An effect is a
/// share of the pair's difference in R: 1 where all of it moves.
public struct PatchMap: Codable, Sendable, Equatable {
  /// How it was measured.
  public let options: PatchOptions
  /// Pairs of one prompt of each class in the part that is reported on.
  public let pairsFound: Int
  /// Those of which the model would refuse the harmful prompt and answer the other, with R that differs enough.
  public let pairsWithContrast: Int
  /// Those that were used: the places of the refused and the answered prompt among all labelled prompts.
  public let usedPairs: [[Int]]
  /// Groups they come from.
  public let groups: Int
  /// Their mean difference in R; nil where none were used.
  public let contrast: Estimate?
  /// The last positions of every prompt, by name.
  public let positions: [String]
  /// Every place; empty where there are too few pairs.
  public let cells: [PatchCell]
  /// The studentised effect that turned-round pairs exceed anywhere in 5 % of draws; nil without pairs.
  public let critical: PatchCritical?
  /// The place of each layer's attention or MLP that carries most over; empty where there are too few pairs.
  public let layers: [PatchLayer]
  /// How well gradients would have ranked the places; nil where they were not taken.
  public let screen: ScreenAgreement?

  /// How many pairs were used.
  public var pairs: Int { usedPairs.count }

  /// Fewest pairs that places are told apart by.
  public static let leastPairs = 8
  /// Fewest pairs that a claim may rest on.
  public static let usualPairs = 50
  /// Fewest groups that a claim may rest on.
  public static let usualGroups = 5
}

/// A site that is patched, by the hook's name.
public enum PatchedSite: String, Codable, Sendable, CaseIterable {
  /// What enters a block.
  case stream = "resid_pre"
  /// What its attention adds.
  case attention = "attn_out"
  /// What its MLP adds.
  case mlp = "mlp_out"

  /// Whether it is of the block itself, and not of all that came before.
  public var isModule: Bool { self != .stream }

  /// The hook's kind.
  var kind: SiteKind {
    switch self {
    case .stream: .residPre
    case .attention: .attentionOut
    case .mlp: .mlpOut
    }
  }
}

/// What is called exceptional, of denoising and of noising.
public struct PatchCritical: Codable, Sendable, Equatable {
  /// Of denoising.
  public let denoise: Double
  /// Of noising.
  public let noise: Double
}

/// One place.
public struct PatchCell: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// The site.
  public let site: PatchedSite
  /// The position's name.
  public let position: String
  /// The refused prompt's activation in the answered prompt.
  public let denoise: PatchEffect
  /// The answered prompt's activation in the refused prompt.
  public let noise: PatchEffect
}

/// What patching a place does.
public struct PatchEffect: Codable, Sendable, Equatable {
  /// The mean share of the pairs' difference that moves, its interval over pairs.
  public let share: Estimate
  /// How far from zero the share must be to be exceptional among all places.
  public let band: Double
  /// Whether it is.
  public let isExceptional: Bool
  /// What gradient times difference makes of it; nil where gradients were not taken.
  public let screened: Double?
}

/// What a layer's attention or MLP carries over where it carries most.
public struct PatchLayer: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// Of denoising.
  public let denoise: Best
  /// Of noising.
  public let noise: Best

  /// The best place of a layer.
  public struct Best: Codable, Sendable, Equatable {
    /// The site.
    public let site: PatchedSite
    /// The position's name.
    public let position: String
    /// The share that moves.
    public let share: Estimate
  }
}

/// Rank correlation, over all places, between gradient times difference and patching.
public struct ScreenAgreement: Codable, Sendable, Equatable {
  /// Spearman's, of denoising; nil where one of the two is the same everywhere.
  public let denoise: Estimate?
  /// Of noising.
  public let noise: Estimate?
}
