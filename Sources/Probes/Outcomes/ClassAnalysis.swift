/// What was found about a label with several classes: plain values, no files, no times.
public struct ClassAnalysis: Codable, Sendable, Equatable {
  /// What the analysis was run with.
  public let options: ProbeOptions
  /// Counts of the rows and of what they were split by.
  public let sample: ClassSample
  /// Text-only predictors, each with its figures; nil where the prompts have no token of the user's.
  public let baselines: [ClassBaseline]
  /// The baseline with the highest macro AUROC: what gains are measured against.
  public let bestBaseline: OutcomeBaseline
  /// Every cell, the largest gain first; equal gains by name.
  public let cells: [ClassCell]
  /// The figures to quote: the place was chosen inside each training part.
  public let headline: ClassHeadline?
  /// Why there is no headline; empty when there is one.
  public let obstacles: [OutcomeObstacle]
}

/// Counts of the rows and of what they were split by.
public struct ClassSample: Codable, Sendable, Equatable {
  /// The classes' names, in the order of every list over classes.
  public let names: [String]
  /// Rows of each class.
  public let rows: [Int]
  /// Groups, after joining those that share a pair or a text: the unit of folds and bootstrap.
  public let groups: Int
  /// Prompts dropped because they nearly repeat one of another group and the same label.
  public let duplicates: DuplicateCount
  /// Rows of each class in each fold: `[fold][class]`.
  public let folds: [[Int]]
}

/// Figures of one predictor of classes, all from out-of-fold scores.
public struct ClassFigures: Codable, Sendable, Equatable {
  /// For each class, the area under the ROC curve of that class against the others, over pairs within
  /// a fold.
  public let classAurocs: [Estimate?]
  /// The mean of these areas.
  public let macroAuroc: Estimate?
  /// Macro AUROC above that of the best baseline, on the same rows and the same draws.
  public let gain: Estimate?
  /// Share of rows whose largest score is that of their class.
  public let accuracy: Estimate?
  /// How many rows of each class were decided to be each: `[class][decision]`.
  public let confusion: [[Int]]
  /// The penalty chosen inside for each class and fold: `[class][fold]`; empty without one.
  public let penalties: [[Double]]
}

/// A text-only predictor and its figures.
public struct ClassBaseline: Codable, Sendable, Equatable {
  /// Which predictor.
  public let baseline: OutcomeBaseline
  /// Its figures; nil when it could not run because the prompts have no token of the user's.
  public let figures: ClassFigures?
}

/// The figures at one place.
public struct ClassCell: Codable, Sendable, Equatable {
  /// The place.
  public let cell: ProbeCell
  /// L2-regularised logistic regression of each class against the others.
  public let figures: ClassFigures
  /// The penalty of each class's probe on all rows.
  public let finalPenalties: [Double?]
}

/// The figures to quote, and what was chosen for them.
public struct ClassHeadline: Codable, Sendable, Equatable {
  /// Figures over the held-out folds, each scored at the place chosen without it.
  public let figures: ClassFigures
  /// What was chosen for each fold, by macro AUROC over the inner folds.
  public let choices: [OutcomeChoice]
}

/// An analysis and the probes that were fitted on all rows.
public struct ClassRun: Sendable {
  /// What was found.
  public let analysis: ClassAnalysis
  /// For every cell, in the dataset's order, one probe per class: that class against the others.
  public let probes: [[LinearProbe]]
  /// The linear algebra behind it, which decides the last digits.
  public let backend: String
}
