import Probes

/// The sentences that both the page and the terminal show.
///
/// A probe *decodes* a label; whether the model uses what is decoded is another question, so no
/// sentence says so.
extension ProbeReport {
  /// What the labels mean, such as `harmful (1) against harmless (0)`.
  func labelMeaning(_ escape: (String) -> String) -> String {
    "\(escape(origin.meaningOfOne)) (1) against \(escape(origin.meaningOfZero)) (0)"
  }

  /// How many prompts of what there are.
  var sampleSentence: String {
    let sample = analysis.sample
    return """
      \(counted(sample.rows, "prompt")), \(sample.positives) of class 1, in \
      \(counted(sample.groups, "group"))
      """
  }

  /// The one sentence to quote, or why there is none.
  func headline(_ escape: (String) -> String) -> String {
    guard let headline = analysis.headline, let area = headline.figures.auroc else {
      return refusal
    }
    let options = analysis.options
    return """
      A linear probe chosen inside each training part decodes "\(escape(origin.meaningOfOne))" with \
      AUROC \(figureAndInterval(area)): \(sampleSentence), 95 % intervals from \(options.draws) \
      draws of groups, seed \(options.seed). \(gainSentence(headline.figures.gain))
      """
  }

  private func gainSentence(_ gain: Estimate?) -> String {
    let best = analysis.baselines.first { $0.baseline == analysis.bestBaseline }
    let base = """
      the best predictor that sees the text alone, \(analysis.bestBaseline.words) with \
      \(figureAndInterval(best?.figures?.auroc))
      """
    guard let gain else { return "It cannot be compared with \(base)." }
    let sentence = """
      That is \(figureAndInterval(gain, isSigned: true)) against \(base).
      """
    if gain.low > 0 { return sentence }
    return sentence + """
       The interval of the gain reaches zero or below: these prompts do not show that the \
      activations hold more than the text's surface does.
      """
  }

  /// Why there is no headline.
  private var refusal: String {
    guard !analysis.obstacles.isEmpty else {
      return """
        No headline: in some training part no inner fold has both classes, so nothing could be \
        chosen there.
        """
    }
    let found = analysis.obstacles.map { obstacle in
      let noun =
        switch obstacle.count {
        case .groups: "group"
        case .positives: "prompt"
        case .negatives: "prompt"
        }
      let which =
        switch obstacle.count {
        case .groups: ""
        case .positives: " of class 1"
        case .negatives: " of class 0"
        }
      return "\(counted(obstacle.found, noun))\(which), where \(obstacle.needed) are needed"
    }
    return """
      No headline: there are \(found.joined(separator: "; ")). The tables are complete, but too \
      little stands behind them to quote one figure.
      """
  }
}

extension Baseline {
  /// The baseline's name in a sentence.
  var words: String {
    switch self {
    case .prevalence: "prevalence"
    case .length: "length"
    case .bagOfTokens: "bag of tokens"
    }
  }
}

extension ProbeKind {
  /// The kind's name in a table.
  var words: String {
    switch self {
    case .logistic: "logistic"
    case .massMean: "mass-mean"
    }
  }
}
