/// How good the headline's chances and decisions are, beyond the order of its scores.
///
/// Chances come from log-odds that were recalibrated inside each training part, on scores of its inner
/// folds; thresholds were set there too.
public struct HeadlineQuality: Codable, Sendable, Equatable {
  /// Mean squared difference of chance and label.
  public let brier: Estimate
  /// Mean of minus the natural logarithm of the chance given to what was true.
  public let logLoss: Estimate
  /// Decisions at thresholds for a named rate of false positives.
  public let operatingPoints: [OperatingPoint]
  /// True against false positives, the folds' curves averaged by their pairs.
  public let roc: [ROCPoint]
  /// Stated chances against what came true.
  public let calibration: Calibration
}

/// A threshold that was to give some rate of false positives, and what it gave on held-out prompts.
public struct OperatingPoint: Codable, Sendable, Equatable {
  /// The rate of false positives on the inner folds.
  public let target: Double
  /// The rate on held-out folds.
  public let falsePositiveRate: Estimate
  /// The rate of true positives there.
  public let truePositiveRate: Estimate
}

/// A point of a receiver operating characteristic.
public struct ROCPoint: Codable, Sendable, Equatable {
  /// Share of class 0 called class 1.
  public let falsePositiveRate: Double
  /// Share of class 1 called class 1.
  public let truePositiveRate: Double
}
