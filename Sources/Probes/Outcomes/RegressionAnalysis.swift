/// What a regression is run with, beyond the data.
public struct RegressionOptions: Codable, Sendable, Equatable {
  /// Fixes the folds and the bootstrap draws.
  public var seed: UInt64
  /// Penalties tried inside the folds, from the strongest to the weakest: scikit-learn's alpha as a
  /// share of the mean eigenvalue of the training part's Gram matrix.
  public var shares: [Double]
  /// Bootstrap draws behind every interval.
  public var draws: Int
  /// Whether near-duplicates across groups stay; for prompts of one template, which all nearly repeat each
  /// other.
  public var keepsNearDuplicates: Bool

  /// The settings that reports are compared at.
  public init(
    seed: UInt64 = 0, shares: [Double] = [1e3, 1e2, 1e1, 1, 1e-1, 1e-2, 1e-3],
    draws: Int = 2000, keepsNearDuplicates: Bool = false
  ) {
    precondition(
      !shares.isEmpty && shares.allSatisfy { $0 > 0 && $0.isFinite }
        && zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 },
      "penalties \(shares) do not fall from strong to weak")
    precondition(draws > 0, "\(draws) bootstrap draws")
    self.seed = seed
    self.shares = shares
    self.draws = draws
    self.keepsNearDuplicates = keepsNearDuplicates
  }
}

/// What was found about a label that is a number: plain values, no files, no times.
public struct RegressionAnalysis: Codable, Sendable, Equatable {
  /// What the analysis was run with.
  public let options: RegressionOptions
  /// Counts of the rows and of what they were split by.
  public let sample: RegressionSample
  /// Text-only predictors, each with its figures.
  public let baselines: [RegressionBaseline]
  /// The baseline with the highest R²: what gains are measured against.
  public let bestBaseline: OutcomeBaseline
  /// Every cell, the largest gain first; equal gains by name.
  public let cells: [RegressionCell]
  /// The figures to quote: place and penalty were chosen inside each training part.
  public let headline: RegressionHeadline?
  /// Why there is no headline; empty when there is one.
  public let obstacles: [OutcomeObstacle]
}

/// Counts of the rows and of what they were split by.
public struct RegressionSample: Codable, Sendable, Equatable {
  /// Rows with a number.
  public let rows: Int
  /// Groups, after joining those that share a pair or a text: the unit of folds and bootstrap.
  public let groups: Int
  /// Prompts dropped because they nearly repeat one of another group and the same label.
  public let duplicates: DuplicateCount
  /// Mean of the numbers.
  public let mean: Double
  /// Their standard deviation, over all rows.
  public let standardDeviation: Double
  /// Rows of each fold.
  public let folds: [Int]
}

/// Figures of one predictor of numbers, all from out-of-fold predictions.
public struct RegressionFigures: Codable, Sendable, Equatable {
  /// 1 less the sum of squared errors over that around the mean of all rows; below 0 where the mean
  /// would have been nearer.
  public let rSquared: Estimate?
  /// R² above that of the best baseline, on the same rows and the same draws.
  public let gain: Estimate?
  /// Correlation of ranks within a fold, averaged over folds by their rows; nil for constants.
  public let spearman: Estimate?
  /// Mean distance from the truth, in the label's unit.
  public let meanAbsoluteError: Estimate?
  /// The penalty chosen inside for each fold; empty for predictors without one.
  public let penalties: [Double]
}

/// A text-only predictor and its figures.
public struct RegressionBaseline: Codable, Sendable, Equatable {
  /// Which predictor.
  public let baseline: OutcomeBaseline
  /// Its figures; nil when it could not run because the prompts have no token of the user's.
  public let figures: RegressionFigures?
}

/// The figures at one place.
public struct RegressionCell: Codable, Sendable, Equatable {
  /// The place.
  public let cell: ProbeCell
  /// Ridge regression.
  public let figures: RegressionFigures
  /// The penalty of the probe on all rows.
  public let finalPenalty: Double
}

/// The figures to quote, and what was chosen for them.
public struct RegressionHeadline: Codable, Sendable, Equatable {
  /// Figures over the held-out folds, each predicted at the place chosen without it.
  public let figures: RegressionFigures
  /// What was chosen for each fold, by R² over the inner folds.
  public let choices: [OutcomeChoice]
}

/// An analysis and the probes that were fitted on all rows.
public struct RegressionRun: Sendable {
  /// What was found.
  public let analysis: RegressionAnalysis
  /// One probe per cell, in the dataset's order: its score is the predicted number.
  public let probes: [LinearProbe]
  /// The linear algebra behind it, which decides the last digits.
  public let backend: String
}
