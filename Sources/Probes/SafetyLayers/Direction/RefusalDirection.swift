import Inference

/// Whether one direction carries a model's refusal, and which.
public struct RefusalDirection: Codable, Sendable, Equatable {
  /// How it was looked for.
  public let options: DirectionOptions
  /// The first tokens of refusals.
  public let opening: RefusalOpening
  /// The last positions of every prompt, by name.
  public let positions: [String]
  /// The prompts of each part.
  public let samples: [DirectionSample]
  /// Layers times positions.
  public let gridSize: Int
  /// Mean R of the prompts that candidates are chosen by, as they are; nil where there are too few.
  public let unchanged: ClassMeans?
  /// Every candidate, layer by layer; empty where there are too few prompts.
  public let candidates: [DirectionCandidate]
  /// The best of each layer, over positions; empty where there are too few prompts.
  public let curves: [DirectionLayer]
  /// What came of it.
  public let outcome: Outcome

  /// What came of the search.
  public enum Outcome: Codable, Sendable, Equatable {
    /// A candidate kept to all limits.
    case chosen(ChosenDirection)
    /// All candidates were discarded; the grid says why.
    case allDiscarded
    /// Too few prompts are left to look for anything, in a part of the data.
    case tooFewPrompts(PromptPart)
  }

  /// Fewest prompts of either class that means are taken of.
  public static let leastTraining = 16
  /// Fewest prompts of either class that candidates are judged on.
  public static let leastJudging = 8

  /// The chosen one.
  public var chosen: ChosenDirection? {
    guard case .chosen(let chosen) = outcome else { return nil }
    return chosen
  }
}

/// Which prompts of a part were used.
public struct DirectionSample: Codable, Sendable, Equatable {
  /// The part.
  public let part: PromptPart
  /// Prompts of class 1 that were drawn.
  public let drawnPositives: Int
  /// Prompts of class 0 that were drawn.
  public let drawnNegatives: Int
  /// The places of those of class 1 that were kept, among all labelled prompts.
  public let positives: [Int]
  /// The places of those of class 0 that were kept.
  public let negatives: [Int]

  /// The smaller class.
  var count: Int { min(positives.count, negatives.count) }
}

/// Scores of a direction on some prompts.
public struct DirectionScores: Codable, Sendable, Equatable {
  /// Bypass: mean R of class 1 with the direction projected out everywhere.
  public let bypassed: Estimate
  /// How much that lowers R.
  public let drop: Estimate
  /// Induce: mean R of class 0 with the vector added at its layer.
  public let induced: Estimate
  /// How much that raises R.
  public let rise: Estimate
  /// Mean KL divergence of the next token at the end of prompts of class 0, the direction projected out.
  public let divergence: Estimate
}

/// The difference of class means at one layer and position.
public struct DirectionCandidate: Codable, Sendable, Equatable {
  /// The block whose input it is of.
  public let layer: Int
  /// The position's name.
  public let position: String
  /// The difference's length.
  public let norm: Double
  /// Its scores; nil where it has no direction.
  public let scores: DirectionScores?
  /// Why it is discarded; empty where it is not.
  public let faults: [CandidateFault]
}

/// The most that a candidate of a layer does.
public struct DirectionLayer: Codable, Sendable, Equatable {
  /// The block whose input it is of.
  public let layer: Int
  /// The position at which projecting out lowers R of class 1 most.
  public let dropPosition: String?
  /// By how much; nil where no candidate of the layer has a direction.
  public let drop: Estimate?
  /// The position at which adding raises R of class 0 most.
  public let risePosition: String?
  /// By how much.
  public let rise: Estimate?
}

/// The chosen direction and what could speak against it.
public struct ChosenDirection: Codable, Sendable, Equatable {
  /// The block whose input it is of.
  public let layer: Int
  /// The position's name.
  public let position: String
  /// The difference's length.
  public let norm: Double
  /// Scores on the prompts it was chosen by, which are flattered by the choice.
  public let development: DirectionScores
  /// Scores on prompts that took no part; nil where there are too few.
  public let test: DirectionScores?
  /// R of those prompts, or of those it was chosen by, as they are.
  public let unchanged: ClassMeans
  /// Directions that should do nothing, on the same prompts.
  public let nulls: DirectionNulls
  /// How much it depends on which prompts its means were taken of.
  public let stability: DirectionStability
  /// Whether a few components make it.
  public let guards: [DirectionVariant]
  /// The share of its squared length in its three largest components.
  public let topShare: Double
  /// Their indices, the largest first.
  public let topComponents: [Int]
  /// What projecting it out does to harmless replies; nil where the model replies nothing.
  public let replyLoss: LossChange?
  /// What projecting it out does to the harmless prompts' own text; nil where there is none.
  public let promptLoss: LossChange?
  /// The largest component along it that is left of any row once it is projected out, as a share of the row's
  /// length.
  public let residue: Double

  /// Scores on the prompts that took no part, or, where there are too few, on those it was chosen by.
  public var reported: DirectionScores { test ?? development }
}

/// What directions do that should do nothing.
public struct DirectionNulls: Codable, Sendable, Equatable {
  /// Random unit directions, of the chosen one's length where they are added.
  public let random: NullDirections
  /// Differences of means of shuffled labels, as long as they are where they are added.
  ///
  /// Where the classes differ more than anything else does, these lie along the difference as well, one way or
  /// the other, and projecting one out takes it away: their cosines tell.
  public let shuffled: NullDirections
}

/// Directions of one kind that should do nothing, and how the chosen one compares.
public struct NullDirections: Codable, Sendable, Equatable {
  /// Each of them.
  public let scores: [NullScores]
  /// The median size of their cosines with the chosen one; nil without any.
  public let cosine: Double?
  /// How often one lowers R of class 1 as much as the chosen one: (1 + those that do) / (1 + all).
  public let bypassChance: Double
  /// How often one raises R of class 0 as much.
  public let induceChance: Double

  /// Compares scores with those of directions that should do nothing.
  init(_ nulls: [NullScores], cosines: [Double], beside scores: DirectionScores) {
    self.scores = nulls
    cosine = MedianNorm.median(of: cosines.map(abs))
    func chance(_ isAsFar: (NullScores) -> Bool) -> Double {
      Double(1 + nulls.count(where: isAsFar)) / Double(1 + nulls.count)
    }
    bypassChance = chance { $0.bypassed <= scores.bypassed.value }
    induceChance = chance { $0.induced >= scores.induced.value }
  }
}

/// Mean scores of another direction than the chosen one.
public struct NullScores: Codable, Sendable, Equatable {
  /// Mean R of class 1 with it projected out.
  public let bypassed: Double
  /// Mean R of class 0 with it added.
  public let induced: Double
  /// Mean divergence with it projected out.
  public let divergence: Double
}

/// How much a direction depends on which prompts its means were taken of.
public struct DirectionStability: Codable, Sendable, Equatable {
  /// Cosines between directions of two random halves: the median, and 95 % of them.
  public let halves: Estimate
  /// Cosines between the direction and those of prompts drawn with replacement: the median, and 95 % of them.
  public let bootstrap: Estimate
}

/// The direction made in another way.
public struct DirectionVariant: Codable, Sendable, Equatable {
  /// How it is made.
  public let kind: Kind
  /// Its cosine with the direction.
  public let cosine: Double
  /// Its mean scores on the prompts that the direction is reported on.
  public let scores: NullScores

  /// How the direction is made.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Means of components held between the 5th and the 95th percentile of their class.
    case winsorised
    /// Without the three components that are largest in the stream itself.
    case masked
  }
}
