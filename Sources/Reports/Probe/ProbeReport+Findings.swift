import Probes

/// Sentences about what may be said, and what speaks against it.
///
/// A probe *decodes* a label; that the model *uses* what is decoded is said only where the causal row
/// passes.
extension ProbeReport {
  /// The one sentence to quote: the claim, or why there is none.
  func claim(_ escape: (String) -> String) -> String {
    guard let headline = analysis.headline, let area = headline.figures.auroc else {
      return refusal
    }
    let found = """
      AUROC \(figureAndInterval(area)): \(sampleSentence), 95 % intervals from \
      \(analysis.options.draws) draws of groups, seed \(analysis.options.seed). \
      \(gainSentence(headline.figures.gain))
      """
    let label = "\"\(escape(origin.meaningOfOne))\""
    switch analysis.verdict.claim {
    case .decodes:
      return "A linear probe chosen inside each training part decodes \(label) with \(found)"
    case .notShown, .tooSmall:
      return """
        Not shown: that a linear probe decodes \(label). Chosen inside each training part, it has \
        \(found)
        """
    }
  }

  /// What each finding means, the refuting ones first.
  func findingSentences(_ escape: (String) -> String) -> [(refutes: Bool, text: String)] {
    analysis.verdict.findings.map { ($0.refutes, sentence($0)) }
  }

  private func sentence(_ finding: ProbeFinding) -> String {
    let value = figure(finding.value)
    let controls = analysis.controls
    switch finding.kind {
    case .lexicalShortcut:
      return """
        Lexical shortcut: predictors that see the text alone read the label, and the probe's gain over the \
        best of them, \(figure(finding.value, isSigned: true)), may be none.
        """
    case .noGain:
      return """
        No gain shown: the area above that of the best predictor that sees the text alone, \
        \(figure(finding.value, isSigned: true)), may be none.
        """
    case .textNotCompared:
      return """
        Text not compared: no prompt has tokens of the user's, so no predictor that sees the words was run.
        """
    case .chance:
      return """
        Chance: labels exchanged \(controls.permutation.exchange.words) reach the largest area over the \
        grid, \(figure(controls.permutation.observed)), with p = \(chance(controls.permutation.pValue)).
        """
    case .groupConfound:
      return """
        Group confound: between prompts of one group the scores have an area of \(value), whose \
        interval reaches one half. What is read may tell groups apart and not the label inside them.
        """
    case .sourceConfound:
      return finding.value == nil
        ? "Source confound: no source has both classes, so the label cannot be told from the source."
        : """
        Source confound: between prompts of one source the scores have an area of \(value), whose \
        interval reaches one half.
        """
    case .lengthConfound:
      return """
        Length confound: between prompts of about one length the scores have an area of \(value), whose \
        interval reaches one half.
        """
    case .nearDuplicates:
      if analysis.options.keepsNearDuplicates {
        return """
          Near-duplicates: \(counted(analysis.sample.duplicates.pairs, "pair")) of prompts of different \
          groups nearly repeat each other and were kept, so a probe may be tested on what it was trained on.
          """
      }
      return """
        Near-duplicates: \(counted(analysis.sample.duplicates.dropped, "prompt")) nearly repeated one \
        of another group and \(analysis.sample.duplicates.dropped == 1 ? "was" : "were") dropped, lest \
        a probe be tested on what it was trained on.
        """
    case .groupMemory:
      return """
        Memory of groups: with folds that split groups the same probe has \(value) instead of \
        \(figure(controls.splitGroups.groupedAuroc)); a report without groups would have shown that.
        """
    case .labelFollowsGroup:
      return """
        Label follows group: no group has both classes, so the label cannot be told from what else groups \
        differ in.
        """
    case .untrainedAsGood:
      return """
        Untrained twin: a model of the same shape with random weights has \(value); the architecture and \
        the tokens alone may give the headline.
        """
    case .refusalAsGood:
      return """
        Asking does as well: the headline's area above that of the model's own refusal log-odds is \
        \(figure(finding.value, isSigned: true)), and may be none.
        """
    case .transferFails:
      return """
        Transfer fails: trained on one source and tested on another the area goes down to \(value).
        """
    case .miscalibrated:
      return "Miscalibrated: stated chances are off by \(value)."
    case .unstable:
      return "Unstable: the folds' directions have a mean cosine of \(value); many directions do."
    case .notUsed:
      return """
        Not used, as far as seen: ablating and adding the direction do not both move the refusal log-odds, \
        in opposite ways, by more than random directions do. Readable is not used.
        """
    }
  }

  private func gainSentence(_ gain: Estimate?) -> String {
    let best = analysis.baselines.first { $0.baseline == analysis.bestBaseline }
    let base = """
      the best predictor that sees the text alone, \(analysis.bestBaseline.words) with \
      \(figureAndInterval(best?.figures.finding?.auroc))
      """
    guard let gain else { return "It cannot be compared with \(base)." }
    return "That is \(figureAndInterval(gain, isSigned: true)) against \(base)."
  }

  /// Why there is no headline.
  private var refusal: String {
    guard !analysis.obstacles.isEmpty else {
      return """
        No headline: in some training part no inner fold has both classes, so nothing could be \
        chosen there.
        """
    }
    return """
      No headline: there are \(analysis.obstacles.map(\.words).joined(separator: "; ")). The tables are complete, but too \
      little stands behind them to quote one figure.
      """
  }
}

extension HeadlineObstacle {
  /// What there is too little of, such as `3 groups, where 5 are needed`.
  var words: String {
    let (noun, which) =
      switch count {
      case .groups: ("group", "")
      case .positives: ("prompt", " of class 1")
      case .negatives: ("prompt", " of class 0")
      }
    return "\(counted(found, noun))\(which), where \(needed) are needed"
  }
}
