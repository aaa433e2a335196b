extension ProbeVerdict {
  /// The largest chance of a false claim that a permutation null may leave.
  static let significance = 0.05
  /// Fewest compared pairs for a matched comparison to refute.
  static let leastPairs = 200
  /// How much more folds that split groups must give to be called memory of groups.
  static let memory = 0.05
  /// Calibration error from which on chances are called wrong.
  static let calibrationError = 0.05
  /// Mean cosine of the folds' directions below which they are called different.
  static let agreement = 0.3

  /// Weighs everything that was found.
  ///
  /// - Parameters:
  ///   - headline: the figure to quote; nil where there is none.
  ///   - obstacles: why there is none.
  ///   - baselines: the predictors that see the text alone.
  ///   - controls: everything that could refute it.
  ///   - sample: counts.
  init(
    headline: Headline?, obstacles: [HeadlineObstacle], baselines: [BaselineResult],
    controls: ProbeControls, sample: ProbeSample
  ) {
    var findings: [ProbeFinding] = []
    func add(_ kind: ProbeFinding.Kind, refutes: Bool = false, _ value: Double?) {
      findings.append(ProbeFinding(kind: kind, refutes: refutes, value: value))
    }
    let permutation = controls.permutation
    if permutation.exchange != .impossible, permutation.pValue > Self.significance {
      add(.chance, refutes: true, permutation.pValue)
    }
    if let headline, headline.figures.gain?.low ?? 0 <= 0 {
      let readsText = baselines.contains { ($0.figures.finding?.auroc?.low ?? 0) > 0.5 }
      add(readsText ? .lexicalShortcut : .noGain, refutes: true, headline.figures.gain?.value)
    }
    if baselines.contains(where: { $0.baseline == .bagOfTokens && $0.figures.finding == nil }) {
      add(.textNotCompared, refutes: true, nil)
    }
    // Where nothing is read at all, no confound is needed to explain it.
    let isRead = headline?.figures.auroc?.low ?? 0 > 0.5
    let hasGroups = sample.groups < sample.rows
    for comparison in controls.matched {
      switch (comparison.matching, comparison.figures) {
      case (let matching, .done(let figures)):
        guard isRead, figures.pairs >= Self.leastPairs, figures.auroc.low <= 0.5 else { continue }
        add(matching.confound, refutes: true, figures.auroc.value)
      case (.source, .notRun(.needsBothClasses)):
        add(.sourceConfound, refutes: true, nil)
      case (.group, .notRun(.needsBothClasses)) where hasGroups:
        add(.labelFollowsGroup, nil)
      default: continue
      }
    }
    if sample.duplicates.pairs > 0 { add(.nearDuplicates, Double(sample.duplicates.pairs)) }
    let splitting = controls.splitGroups
    if hasGroups, splitting.auroc - splitting.groupedAuroc >= Self.memory {
      add(.groupMemory, splitting.auroc)
    }
    if let twin = controls.untrainedTwin.finding, let gain = twin.gain, gain.low <= 0 {
      add(.untrainedAsGood, twin.figures.auroc?.value)
    }
    if let gain = controls.refusal.finding?.gain, gain.low <= 0 { add(.refusalAsGood, gain.value) }
    if let transfer = controls.transfer.finding {
      let crossed = transfer.entries.filter { $0.train != $0.test }.compactMap(\.auroc)
      if let worst = crossed.min(), worst < 0.5 + Self.memory { add(.transferFails, worst) }
    }
    // Binning so many prompts alone gives about the second term.
    let limit = Self.calibrationError + 1 / Double(max(sample.rows, 1)).squareRoot()
    if let calibration = headline?.quality.calibration, calibration.debiasedError > limit {
      add(.miscalibrated, calibration.debiasedError)
    }
    let cosines = controls.stability.cosines
    let agreement = cosines.reduce(0, +) / Double(max(cosines.count, 1))
    if agreement < Self.agreement { add(.unstable, agreement) }
    if let causal = controls.causal.finding, !causal.passes { add(.notUsed, nil) }

    claim =
      headline == nil ? .tooSmall : findings.contains(where: \.refutes) ? .notShown : .decodes
    self.findings = findings.filter(\.refutes) + findings.filter { !$0.refutes }
  }
}

extension MatchedComparison.Matching {
  /// What it means when nothing is left among prompts that share this.
  fileprivate var confound: ProbeFinding.Kind {
    switch self {
    case .length: .lengthConfound
    case .group: .groupConfound
    case .source: .sourceConfound
    }
  }
}
