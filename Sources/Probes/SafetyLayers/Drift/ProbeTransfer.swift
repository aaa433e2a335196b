import Kernels

/// Probes of two models on one layer, each on the held-out prompts of both, in every draw of prompts.
struct DrawnTransfer: Sendable {
  let before: DrawnProbe
  let frozen: DrawnProbe
  let refitted: DrawnProbe
  let back: DrawnProbe

  /// One probe's figures.
  struct DrawnProbe: Sendable {
    let area: DrawnFigure
    let accuracy: DrawnFigure

    init(_ scores: [Double], labels: [Int], _ bootstrap: ClusterBootstrap) {
      area = bootstrap.area(scores, labels)
      accuracy = DrawnFigure(
        value: balancedAccuracy(scores: scores, labels: labels),
        replicates: bootstrap.balancedAccuracies(scores: scores, labels: labels))
    }

    var figures: ProbeDrift.Figures {
      ProbeDrift.Figures(auroc: area.estimate, balancedAccuracy: accuracy.estimate)
    }
  }

  /// Fits a probe on either model and asks both on both.
  ///
  /// - Parameters:
  ///   - training: rows to fit on, of the model before and of the model after.
  ///   - labels: their classes.
  ///   - judged: rows to judge on, of both.
  ///   - judgedLabels: their classes.
  ///   - bootstrap: draws of the prompts to judge on.
  ///   - layer: the layer, for messages.
  /// - Throws: `ProbeError` where a fit finds no optimum.
  init(
    training: (before: SharedRows, after: SharedRows), labels: [Int],
    judged: (before: SharedRows, after: SharedRows), judgedLabels: [Int],
    _ bootstrap: ClusterBootstrap, layer: Int
  ) throws {
    func probe(_ rows: SharedRows, _ model: String) throws -> SeparationProbe {
      do { return try SeparationProbe(fitting: rows, labels: labels) } catch {
        guard let error = error as? LogisticNotConverged else { throw error }
        throw ProbeError(error, cell: DriftRows.name(layer, model))
      }
    }
    let own = try probe(training.before, DriftRows.beforeName)
    let anew = try probe(training.after, DriftRows.afterName)
    func drawn(_ probe: SeparationProbe, _ rows: SharedRows) -> DrawnProbe {
      DrawnProbe(probe.scores(rows), labels: judgedLabels, bootstrap)
    }
    before = drawn(own, judged.before)
    frozen = drawn(own, judged.after)
    refitted = drawn(anew, judged.after)
    back = drawn(anew, judged.before)
  }

  /// The figures that a layer's fate follows from: the area before, and the three differences.
  var judged: [DrawnFigure] {
    [
      before.area, frozen.area.minus(before.area), refitted.area.minus(frozen.area),
      refitted.area.minus(before.area),
    ]
  }
}

extension ProbeDrift {
  /// Judges a layer.
  ///
  /// - Parameters:
  ///   - drawn: its probes.
  ///   - bands: the estimates of `judged`, in order.
  ///   - margin: what has to be lost to be called a loss.
  init(_ drawn: DrawnTransfer, bands: [Estimate?], margin: Double) {
    before = drawn.before.figures
    frozen = drawn.frozen.figures
    refitted = drawn.refitted.figures
    back = drawn.back.figures
    (area, frozenChange, refittedGain, refittedChange) = (bands[0], bands[1], bands[2], bands[3])
    frozenAccuracyChange = drawn.frozen.accuracy.gain(over: drawn.before.accuracy)
    refittedAccuracyGain = drawn.refitted.accuracy.gain(over: drawn.frozen.accuracy)
    fate = ProbeFate(
      area: bands[0], frozenChange: bands[1], refittedGain: bands[2], refittedChange: bands[3],
      margin: margin)
  }
}

extension ProbeFate {
  /// Follows from intervals alone: a loss is more than the margin only where all of its interval is.
  ///
  /// - Parameters:
  ///   - area: of the model before.
  ///   - frozenChange: of its probe, after less before.
  ///   - refittedGain: what a probe fitted anew has more on the model after.
  ///   - refittedChange: of each model's own probe, after less before.
  ///   - margin: what has to be lost to be called a loss.
  package init(
    area: Estimate?, frozenChange: Estimate?, refittedGain: Estimate?, refittedChange: Estimate?,
    margin: Double
  ) {
    guard let area, let frozenChange, let refittedGain, let refittedChange,
      area.low > 0.5 + margin
    else {
      self = .unusable
      return
    }
    let isLost = frozenChange.high < -margin
    if frozenChange.low > -margin {
      self = .kept
    } else if isLost, refittedChange.low > -margin || refittedGain.low > margin {
      self = .moved
    } else if isLost, refittedChange.high < -margin {
      self = .gone
    } else {
      self = .open
    }
  }
}
