import Inference
import Probes

extension LayersReport where Result == LayerSearch {
  /// In a word or two.
  var verdictWord: String {
    result.range == nil ? "not found" : result.reachedThreshold ? "range found" : "weak"
  }

  /// What may be said.
  var claim: String {
    let baseline = """
      As it is the model refuses \(result.baseline.refusals) of \(result.prompts) harmless prompts
      """
    guard let range = result.range, let alpha = result.alpha, let final = result.final,
      let change = result.change
    else {
      return """
        Not found: \(baseline), and no factor both keeps replies coherent and makes a difference between \
        ranges of blocks.
        """
    }
    return """
      \(baseline); with blocks \(range) multiplied by \(amount(alpha)) it refuses \(final.refusals), a \
      change of \(figureAndInterval(change, isSigned: true)) of all prompts, the \
      \(result.direction == .up ? "largest" : "smallest") count of both sweeps.
      """
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    if result.range != nil, !result.reachedThreshold {
      let largest = result.steps.map(\.deviation).max() ?? 0
      findings.append(
        .init(
          refutes: true,
          sentence: """
            Counts of the first window differ by a standard deviation of at most \(amount(largest)), below \
            the \(amount(result.threshold)) asked for: which range is best is close to chance.
            """))
    }
    for sweep in [result.upper, result.lower].compactMap(\.self) {
      if let support = sweep.supportOfChosen, support < 0.5 {
        findings.append(
          .init(
            refutes: false,
            sentence: """
              The \(sweep.bound == .upper ? "last" : "first") block of the range is the extremum in \
              \(percent(support)) of bootstrap draws only.
              """))
      }
    }
    if let change = result.change, change.low <= 0, change.high >= 0 {
      findings.append(
        .init(
          refutes: true,
          sentence: "The change by the range found is not told from none on these prompts."))
    }
    if let incoherent = result.final?.incoherent,
      Double(incoherent) > result.options.incoherentLimit * Double(result.prompts)
    {
      findings.append(
        .init(
          refutes: true,
          sentence: """
            With the range found scaled, \(incoherent) of \(result.prompts) replies repeat themselves, more \
            than the \(percent(result.options.incoherentLimit)) allowed.
            """))
    }
    if !result.scaledBehindNorm.isEmpty {
      findings.append(
        .init(
          refutes: false,
          sentence: """
            This model normalizes queries and keys, which undoes a scaling of \
            \(result.scaledBehindNorm.joined(separator: " and ")); what leaves those norms was scaled instead.
            """))
    }
    return findings
  }

  /// Where the search began, in a sentence.
  var beginning: String {
    let source =
      switch result.initial.source {
      case .gap: "the range of the angle gap"
      case .given: "as given"
      case .suggested: "a fifth to two fifths of the depth, as the angle gap showed nothing"
      }
    return """
      It began at blocks \(result.initial.range) (\(source)), and moved the last block, then the first; whole \
      windows are counted, and widened where the extremum is at their edge.
      """
  }

  /// How the counts were made.
  var method: String {
    """
    \(result.prompts) prompts in \(counted(result.groups, "group")); greedy replies of up to \
    \(max(result.options.maxTokens, SearchOptions.tokensJudged)) tokens; refusals by their beginning \
    (list \(result.rules)). Weights of attention\
    \(result.options.scalesOutputProjection ? "" : ", its output projection left out,") and MLP are \
    multiplied in memory, norms and biases not.
    """
  }

  /// What the figures do not say.
  static var limits: [String] {
    [
      """
      Counts are of harmless prompts that sound risky. A range that changes them carries refusing as such, not \
      the telling apart of harmful prompts.
      """,
      "The range holds for this model, template and factor; measure again for any other.",
      """
      The extremum of many counts is the luckiest as well as the largest, so that its change, on the prompts it \
      was chosen by, is flattered; support says in how many draws of prompts it stays the extremum.
      """,
    ]
  }

  /// Titles of the tables of counts.
  static var countTitles: [String] { ["blocks", "refused", "share", "support", ""] }

  /// A row for each count of a sweep.
  func countRows(_ sweep: BoundarySweep) -> [[String]] {
    zip(sweep.counts, sweep.support).map { count, support in
      [
        "\(count.range)", "\(count.refusals)",
        percent(Double(count.refusals) / Double(max(count.prompts, 1))), percent(support),
        count.range == sweep.chosen ? "chosen" : "",
      ]
    }
  }

  /// Titles of the table of factors.
  static var stepTitles: [String] { ["factor", "counts", "deviation", "incoherent", ""] }

  /// A row for each factor that was tried.
  var stepRows: [[String]] {
    result.steps.map { step in
      [
        amount(step.alpha), step.counts.map { "\($0.refusals)" }.joined(separator: " "),
        amount(step.deviation), percent(step.incoherentShare),
        step.alpha == result.alpha
          ? "taken" : step.incoherentShare > result.options.incoherentLimit ? "discarded" : "",
      ]
    }
  }

  /// The sweeps with their names.
  var sweeps: [(title: String, sweep: BoundarySweep)] {
    [("Last block moved", result.upper), ("First block moved", result.lower)].compactMap {
      title, sweep in sweep.map { (title, $0) }
    }
  }
}

extension BoundarySweep {
  /// The share of bootstrap draws in which the chosen range is the extremum.
  fileprivate var supportOfChosen: Double? {
    counts.firstIndex { $0.range == chosen }.map { support[$0] }
  }
}
