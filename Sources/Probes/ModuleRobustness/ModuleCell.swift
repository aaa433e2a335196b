import Inference

/// A figure's mean over draws, and how much draws differ.
public struct Spread: Codable, Sendable, Equatable {
  /// The mean.
  public let mean: Double
  /// The sample standard deviation; nil of a single draw.
  public let deviation: Double?

  /// Takes the figures of all draws.
  package init(_ values: [Double]) {
    mean = values.mean
    deviation = values.count > 1 ? values.sampleVariance.squareRoot() : nil
  }
}

/// What disturbing modules does.
public struct ModuleCell: Codable, Sendable, Equatable {
  /// The modules.
  public let unit: ModuleUnit
  /// q: the share of class 1 that is still called so.
  public let recall: Spread
  /// Lower end of the 95 % Wilson interval of its mean, over the prompts.
  public let recallLow: Double
  /// Upper end.
  public let recallHigh: Double
  /// The share of class 1 that is lost, by the recall or, where too much of class 0 is called 1, by the area.
  public let sensitivity: Spread
  /// Draws in which the area decided.
  public let decidedByArea: Int
  /// The share of class 0 that is still called so.
  public let benignRecall: Spread
  /// Area under the ROC curve.
  public let auroc: Spread
  /// How much the mean logit of class 1 fell.
  public let marginDrop: Spread
  /// The share of the way to chance that the security classifier's area went.
  public let securityLoss: Spread
  /// The same of the control probe.
  public let controlLoss: Spread?
  /// How much more security lost than the control, with a band that holds for all units together.
  public let excess: Estimate?
  /// Mean cosine between the vectors that are read, before and after.
  public let cosine: Double
  /// Mean length of their change as a share of theirs.
  public let relativeChange: Double
  /// Length of the change of the weights.
  public let weightChange: Double
  /// Draws in which some vector was no number.
  public let broken: Int

  /// The mean of recall and benign recall.
  public var balancedAccuracy: Double { (recall.mean + benignRecall.mean) / 2 }

  /// Whether security lost more than the control does, all units considered.
  public var isSpecific: Bool { excess.map { $0.low > 0 } ?? false }
}

/// Sums readings up.
package struct ReadingSummary {
  private let labels: [Int]
  /// What security is told by with nothing disturbed.
  package let clean: SeparationFigures
  private let bootstrap: ClusterBootstrap
  private let cleanSecurity: DrawnFigure
  private let control: Control?

  private struct Control {
    let labels: [Int]
    let clean: SeparationFigures
    let drawn: DrawnFigure
  }

  /// Takes what the model as it is was told apart by.
  ///
  /// - Parameters:
  ///   - prompts: the judged prompts.
  ///   - security: the security classifier's logits with nothing disturbed.
  ///   - control: the control's labels and logits with nothing disturbed; nil where it is not compared with.
  ///   - draws: bootstrap draws.
  ///   - seed: fixes them.
  package init(
    _ prompts: [ProbePrompt], security: [Double], control: (labels: [Int], scores: [Double])?,
    draws: Int, seed: UInt64
  ) {
    labels = prompts.map(\.label)
    clean = SeparationFigures(scores: security, labels: labels)
    let bootstrap = ClusterBootstrap(clusters: Clusters(prompts), draws: draws, seed: seed)
    self.bootstrap = bootstrap
    cleanSecurity = bootstrap.area(security, labels)
    self.control = control.map {
      Control(
        labels: $0.labels, clean: SeparationFigures(scores: $0.scores, labels: $0.labels),
        drawn: bootstrap.area($0.scores, $0.labels))
    }
  }

  /// The loss of security, in the mean over draws and over the bootstrap's draws.
  func securityLoss(_ readings: [ModuleReading]) -> DrawnFigure {
    loss(readings.map(\.security), labels, cleanSecurity)
  }

  /// How much more security lost than the control; nil without one.
  private func excess(_ readings: [ModuleReading]) -> DrawnFigure? {
    control.map {
      securityLoss(readings).minus(loss(readings.map(\.control), $0.labels, $0.drawn))
    }
  }

  private func loss(
    _ scores: [[Double]], _ labels: [Int], _ clean: DrawnFigure
  ) -> DrawnFigure {
    .mean(
      scores.map { scores in
        let area = bootstrap.area(scores, labels)
        func loss(_ area: Double?, _ clean: Double?) -> Double? {
          guard let area, let clean else { return nil }
          return SeparationFigures.loss(of: area, from: clean)
        }
        return DrawnFigure(
          value: loss(area.value, clean.value),
          replicates: zip(area.replicates, clean.replicates).map(loss))
      })
  }

  /// The figures of each draw.
  func figures(_ readings: [ModuleReading]) -> [SeparationFigures] {
    readings.map { SeparationFigures(scores: $0.security, labels: labels) }
  }

  /// The losses of the control in each draw; nil without one.
  private func controlLosses(_ readings: [ModuleReading]) -> [Double]? {
    control.map { control in
      readings.map {
        SeparationFigures(scores: $0.control, labels: control.labels).loss(from: control.clean)
      }
    }
  }

  /// The cell of some modules.
  func cell(_ unit: ModuleUnit, _ readings: [ModuleReading], excess: Estimate?) -> ModuleCell {
    let found = figures(readings)
    let recall = Spread(found.map(\.recall))
    let interval = wilsonInterval(share: recall.mean, of: labels.count { $0 == 1 })
    return ModuleCell(
      unit: unit, recall: recall, recallLow: interval.lowerBound, recallHigh: interval.upperBound,
      sensitivity: Spread(found.map { clean.recall - $0.decisiveRecall(from: clean) }),
      decidedByArea: found.count { $0.benignRecall < SeparationFigures.leastBenignRecall },
      benignRecall: Spread(found.map(\.benignRecall)), auroc: Spread(found.map(\.auroc)),
      marginDrop: Spread(found.map { clean.margin - $0.margin }),
      securityLoss: Spread(found.map { $0.loss(from: clean) }),
      controlLoss: controlLosses(readings).map { Spread($0) }, excess: excess,
      cosine: readings.map(\.cosine).mean, relativeChange: readings.map(\.relativeChange).mean,
      weightChange: readings.map(\.weightChange).mean, broken: readings.count { !$0.isFinite })
  }

  /// The excess of every unit over the control, with bands that hold for all of them together; nil without one.
  package func excesses(_ units: [[ModuleReading]]) -> SimultaneousBands? {
    let figures = units.compactMap { excess($0) }
    return figures.count < units.count
      ? nil : SimultaneousBands(figures, adding: units.map(drawVariance))
  }

  /// The variance of the mean excess over draws of the disturbance.
  private func drawVariance(_ readings: [ModuleReading]) -> Double {
    let losses = figures(readings).map { $0.loss(from: clean) }
    let controls = controlLosses(readings) ?? losses.map { _ in 0 }
    return zip(losses, controls).map { $0 - $1 }.sampleVariance / Double(max(readings.count, 1))
  }
}

extension ClusterBootstrap {
  /// The area under the ROC curve of some scores, in every draw.
  func area(_ scores: [Double], _ labels: [Int]) -> DrawnFigure {
    areas(
      RankedScores(
        scores: scores, labels: labels, folds: [Int](repeating: 0, count: scores.count)))
  }
}
