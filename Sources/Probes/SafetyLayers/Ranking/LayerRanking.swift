/// Layers ranked by several criteria, how well these agree, and what they say together.
public struct LayerRanking: Codable, Sendable, Equatable {
  /// How it was ranked.
  public let options: RankingOptions
  /// The criteria that tell layers apart, in the order of `CriterionKind`.
  public let criteria: [LayerCriterion]
  /// Those that are missing.
  public let missing: [MissingCriterion]
  /// The probes behind the gain; nil where they could not be fitted.
  public let probes: LayerProbes?
  /// How two criteria agree, every two of them.
  public let agreements: [RankAgreement]
  /// How all agree; nil with fewer than two.
  public let concordance: Concordance?
  /// Every layer, from the first to the last; empty without a criterion.
  public let layers: [RankedLayer]
  /// What may be said.
  public let outcome: Outcome
  /// Criteria that agree with fewer than half of the others; empty where no consensus is looked for.
  public let apart: [CriterionKind]

  /// What may be said.
  public enum Outcome: String, Codable, Sendable {
    /// There is one ranking.
    case agree
    /// There is none.
    case disagree
    /// There are too few criteria to say.
    case tooFewCriteria = "too_few_criteria"
    /// There are too few layers to tell agreement from chance.
    case tooFewLayers = "too_few_layers"
  }

  /// Fewest criteria that can agree.
  public static let leastCriteria = 3
  /// Fewest layers among which agreement can be told from chance.
  public static let leastLayers = 10
  /// The share of chance tables that may be taken for agreement.
  public static let level = 0.05

  /// The layers in the order of the consensus, the first of equal ones first.
  public var consensus: [RankedLayer] {
    layers.sorted { ($0.meanRank.value, $0.layer) < ($1.meanRank.value, $1.layer) }
  }
}

/// How layers are ranked.
public struct RankingOptions: Codable, Sendable, Equatable {
  /// Redraws of every figure from its interval.
  public var redraws: Int
  /// Tables of curves moved along the depth.
  public var moves: Int
  /// How many layers count as the first ones.
  public var top: Int

  /// The settings that reports are compared at.
  public init(redraws: Int = 2000, moves: Int = 2000, top: Int = 5) {
    precondition(
      redraws > 0 && moves >= 19 && top > 0, "\(redraws) redraws, \(moves) moves, top \(top)")
    self.redraws = redraws
    self.moves = moves
    self.top = top
  }
}

/// How two criteria agree.
public struct RankAgreement: Codable, Sendable, Equatable {
  /// The one.
  public let one: CriterionKind
  /// The other.
  public let other: CriterionKind
  /// Kendall's tau-b over the layers; the interval is of redraws of every figure, widened to its value.
  public let tau: Estimate
  /// How often one curve, moved along the depth or turned round, agrees as well.
  public let chance: Double
  /// Whether the two agree: the interval is above zero, and chance is small.
  public let holds: Bool

  /// Judges a correlation.
  init(_ one: CriterionKind, _ other: CriterionKind, tau: Estimate, chance: Double) {
    self.one = one
    self.other = other
    self.tau = tau
    self.chance = chance
    holds = tau.low > 0 && chance <= LayerRanking.level
  }
}

/// How all criteria agree.
public struct Concordance: Codable, Sendable, Equatable {
  /// Kendall's W: 1 where all rank alike.
  public let value: Double
  /// What W is on average where the curves are moved along the depth.
  public let moved: Double
  /// How often such curves agree as well: (1 + those that do) / (1 + all).
  public let chance: Double
}

/// What the criteria say of a layer together.
public struct RankedLayer: Codable, Sendable, Equatable {
  /// The block.
  public let layer: Int
  /// Its rank by each criterion, in their order; 1 is the most.
  public let ranks: [Double]
  /// The mean of its ranks, with 95 % of redraws.
  public let meanRank: Estimate
  /// The share of redraws in which it is among the first ones.
  public let support: Double
}
