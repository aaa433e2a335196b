import ModelFiles

/// What an analysis is run with, beyond the data.
public struct ProbeOptions: Codable, Sendable, Equatable {
  /// Fixes the folds and the bootstrap draws.
  public var seed: UInt64
  /// Penalties tried inside the folds, from the strongest to the weakest, as scikit-learn's `C`.
  public var penalties: [Double]
  /// Bootstrap draws behind every interval.
  public var draws: Int
  /// Label permutations behind the null of the largest area.
  public var permutations: Int
  /// Whether near-duplicates across groups stay; for prompts of one template, which all nearly repeat each
  /// other.
  public var keepsNearDuplicates: Bool

  /// The settings that reports are compared at.
  public init(
    seed: UInt64 = 0, penalties: [Double] = [1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4],
    draws: Int = 2000, permutations: Int = 200, keepsNearDuplicates: Bool = false
  ) {
    precondition(
      !penalties.isEmpty && penalties.allSatisfy { $0 > 0 && $0.isFinite }
        && zip(penalties, penalties.dropFirst()).allSatisfy { $0 < $1 },
      "penalties \(penalties) do not rise from strong to weak")
    precondition(
      draws > 0 && permutations > 0, "\(draws) bootstrap draws, \(permutations) permutations")
    self.seed = seed
    self.penalties = penalties
    self.draws = draws
    self.permutations = permutations
    self.keepsNearDuplicates = keepsNearDuplicates
  }
}

/// Everything one analysis found: plain values, no files, no times.
public struct ProbeAnalysis: Codable, Sendable, Equatable {
  /// What the analysis was run with.
  public let options: ProbeOptions
  /// Counts of the rows and of what they were split by.
  public let sample: ProbeSample
  /// Predictors that see the text alone, each with its figures.
  public let baselines: [BaselineResult]
  /// The baseline with the highest area under the ROC curve: what gains are measured against.
  public let bestBaseline: Baseline
  /// Every cell, the largest gain of its logistic probe first; equal gains by name.
  public let cells: [CellResult]
  /// The one figure to quote; nil when the sample is too small for one.
  public let headline: Headline?
  /// Why there is no headline; empty when there is one.
  public let obstacles: [HeadlineObstacle]
  /// What could refute the headline.
  public let controls: ProbeControls
  /// What may be said.
  public let verdict: ProbeVerdict
}

/// Counts of the rows and of what they were split by.
public struct ProbeSample: Codable, Sendable, Equatable {
  /// Labelled rows that were used.
  public let rows: Int
  /// Rows of class 1.
  public let positives: Int
  /// Groups, after joining those that share a pair or a text: the unit of folds and bootstrap.
  public let groups: Int
  /// Names of the sources; empty without a source column.
  public let sources: [String]
  /// Prompts dropped because they nearly repeat one of another group.
  public let duplicates: DuplicateCount
  /// Rows, positives and groups of each fold.
  public let folds: [FoldCount]

  init(
    labels: [Int], clusters: Clusters, folds: Folds, sources: Sources?,
    duplicates: DuplicateCount
  ) {
    rows = labels.count
    positives = labels.reduce(0, +)
    groups = clusters.count
    self.sources = sources?.names.map(\.description) ?? []
    self.duplicates = duplicates
    self.folds = (0..<folds.count).map { fold in
      let rows = folds.rows(in: fold)
      return FoldCount(
        rows: rows.count, positives: rows.count { labels[$0] == 1 },
        groups: Set(rows.map { clusters.indices[$0] }).count)
    }
  }
}

/// Counts of one fold.
public struct FoldCount: Codable, Sendable, Equatable {
  /// Rows held out together.
  public let rows: Int
  /// Those of class 1.
  public let positives: Int
  /// Groups held out together.
  public let groups: Int
}

/// Near-duplicates that stood in different groups.
public struct DuplicateCount: Codable, Sendable, Equatable {
  /// Pairs found across groups.
  public let pairs: Int
  /// Prompts dropped, so that of every family one is left.
  public let dropped: Int

  package init(pairs: Int, dropped: Int) {
    self.pairs = pairs
    self.dropped = dropped
  }
}

/// Figures of one predictor, all from out-of-fold scores.
public struct ProbeFigures: Codable, Sendable, Equatable {
  /// Area under the ROC curve over pairs within a fold; nil when no interval can be drawn.
  public let auroc: Estimate?
  /// The same in each fold on its own; nil in a fold of one class.
  public let foldAurocs: [Double?]
  /// Mean share of decisions that are right in each class, at the threshold set in training.
  public let balancedAccuracy: Estimate?
  /// Area above that of the best baseline, on the same rows and the same draws.
  public let gain: Estimate?
  /// Area over the inner folds, averaged over the outer ones; nil for predictors without inner folds.
  public let innerAuroc: Double?
  /// The penalty chosen inside for each fold; empty for predictors without one.
  public let penalties: [Double]
}

/// A text-only predictor and its figures.
public struct BaselineResult: Codable, Sendable, Equatable {
  /// Which predictor.
  public let baseline: Baseline
  /// Its figures.
  public let figures: Check<ProbeFigures>
}

/// The figures of every kind of linear probe at one place.
public struct CellResult: Codable, Sendable, Equatable {
  /// The place.
  public let cell: ProbeCell
  /// L2-regularised logistic regression.
  public let logistic: ProbeFigures
  /// Difference of the class means.
  public let massMean: ProbeFigures
  /// Difference of the class means, whitened by the shrunken covariance within classes.
  public let lda: ProbeFigures
  /// The penalty of the saved logistic probe, chosen over all rows.
  public let finalPenalty: Double?
}

/// The figure to quote: place, kind and penalty were chosen inside each training part, so the choice
/// among cells is paid for.
public struct Headline: Codable, Sendable, Equatable {
  /// Figures over the held-out folds, each scored by the probe chosen without it.
  public let figures: ProbeFigures
  /// How good its chances and decisions are.
  public let quality: HeadlineQuality
  /// What was chosen for each fold.
  public let choices: [HeadlineChoice]
}

/// The probe chosen for one held-out fold.
public struct HeadlineChoice: Codable, Sendable, Equatable {
  /// Name of the place.
  public let cell: String
  /// Kind of probe.
  public let kind: ProbeKind
  /// Area under the ROC curve over the inner folds, which it was chosen by; optimistic, being the
  /// best of many.
  public let innerAuroc: Double
}

/// Something there is too little of for a headline.
public struct HeadlineObstacle: Codable, Sendable, Equatable {
  /// What is counted.
  public enum Count: String, Codable, Sendable {
    case groups
    case positives
    case negatives
  }
  /// What there is too little of.
  public let count: Count
  /// How many there are.
  public let found: Int
  /// How many a headline needs.
  public let needed: Int

  /// Fewest groups behind a headline.
  static let leastGroups = 5
  /// Fewest rows of either class behind a headline.
  static let leastRows = 30

  /// Everything there is too little of in a sample.
  static func all(_ sample: ProbeSample) -> [HeadlineObstacle] {
    all(
      groups: sample.groups, positives: sample.positives,
      negatives: sample.rows - sample.positives)
  }

  /// Everything there is too little of among prompts of both classes.
  static func all(groups: Int, positives: Int, negatives: Int) -> [HeadlineObstacle] {
    [
      HeadlineObstacle(count: .groups, found: groups, needed: leastGroups),
      HeadlineObstacle(count: .positives, found: positives, needed: leastRows),
      HeadlineObstacle(count: .negatives, found: negatives, needed: leastRows),
    ].filter { $0.found < $0.needed }
  }
}
