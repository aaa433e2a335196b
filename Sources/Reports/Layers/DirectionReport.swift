public import Probes

extension LayerDirection: LayersResult {
  public static var kind: String { "layers-direction" }

  public static func forms(of report: LayersReport<LayerDirection>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb layers direction`.
public typealias DirectionReport = LayersReport<LayerDirection>

extension LayersReport<LayerDirection> {
  var direction: RefusalDirection { result.direction }

  /// What came of the search, in one sentence.
  var claim: String {
    switch direction.outcome {
    case .tooFewPrompts(let part):
      let sample = direction.samples.first { $0.part == part }
      let (harmful, harmless) = (sample?.drawnPositives ?? 0, sample?.drawnNegatives ?? 0)
      if min(harmful, harmless) < part.least {
        return """
          No direction was looked for: there are \(harmful) harmful and \(harmless) harmless prompts \
          \(part.purpose), where \(part.least) of either are needed. Give more prompts, or prompts of more \
          groups, which are never divided between parts.
          """
      }
      return """
        No direction was looked for: of \(harmful) harmful and \(harmless) harmless prompts \
        \(part.purpose), the model would refuse \
        \(sample?.positives.count ?? 0) of the former and answer \(sample?.negatives.count ?? 0) of the \
        latter, where \(part.least) of either are needed. Where a model refuses nothing, or everything, \
        refusal tells no prompts apart.
        """
    case .allDiscarded:
      return """
        No direction: all \(direction.gridSize) candidates were discarded. \(nearest)The grid below says why \
        each was.
        """
    case .chosen(let chosen):
      let scores = chosen.reported
      return """
        The difference of class means at layer \(chosen.layer), \(chosen.position), chosen among \
        \(counted(direction.gridSize, "candidate")): projected out everywhere, it lowers the refusal log-odds of \
        harmful prompts by \(figureAndInterval(scores.drop)); added at its layer, it raises those of \
        harmless prompts by \(figureAndInterval(scores.rise)), on prompts \
        \(chosen.test == nil ? "it was chosen by" : "that took no part in the choice").
        """
    }
  }

  /// Which candidate only the divergence stands against, and by how much.
  private var nearest: String {
    let only = direction.candidates.filter { $0.faults == [.divergent] }
    guard
      let (candidate, scores) = only.compactMap({ candidate in
        candidate.scores.map { (candidate, $0) }
      }).min(by: { $0.1.divergence.value < $1.1.divergence.value })
    else { return "" }
    return """
      Layer \(candidate.layer), \(candidate.position), lacks least: it lowers the refusal log-odds of harmful \
      prompts by \(figureAndInterval(scores.drop)) and raises those of harmless ones by \
      \(figureAndInterval(scores.rise)), yet projecting it out changes harmless answers by a KL of \
      \(figure(scores.divergence.value)), where \(figure(direction.options.limits.divergence)) is allowed \
      (--max-divergence).\u{20}
      """
  }

  /// What speaks for and against the chosen one.
  var findings: [PageVerdict.Finding] {
    guard let chosen = direction.chosen else { return [] }
    let (random, shuffled) = (chosen.nulls.random, chosen.nulls.shuffled)
    func finding(_ refutes: Bool, _ sentence: String) -> PageVerdict.Finding {
      PageVerdict.Finding(refutes: refutes, sentence: sentence)
    }
    let scores = chosen.reported
    var findings = [
      finding(
        random.bypassChance > 0.05 || random.induceChance > 0.05,
        """
        Of \(counted(random.scores.count, "random direction")) \(asManyAs(random.bypassChance, of: random)) R \
        as far down when projected out (p = \(chance(random.bypassChance))), and \
        \(asManyAs(random.induceChance, of: random)) it as far up when added at the same length (p = \
        \(chance(random.induceChance))).
        """),
      finding(
        shuffled.induceChance > 0.05,
        """
        Of \(counted(shuffled.scores.count, "direction")) of shuffled labels \
        \(asManyAs(shuffled.induceChance, of: shuffled)) R as far up when added (p = \
        \(chance(shuffled.induceChance))) and \(asManyAs(shuffled.bypassChance, of: shuffled)) it as far \
        down when projected out (p = \(chance(shuffled.bypassChance))). Half of them have a cosine above \
        \(figure(shuffled.cosine)) with the chosen one, either way: where classes differ most of all, so do \
        any two halves of the prompts.
        """),
      finding(
        chosen.stability.halves.value < 0.8,
        """
        Directions of two random halves of the prompts have a cosine of \
        \(figureAndInterval(chosen.stability.halves)); of prompts drawn anew, \
        \(figureAndInterval(chosen.stability.bootstrap)) with this one.
        """),
      finding(
        chosen.topShare > 0.5,
        """
        \(percent(chosen.topShare)) of its squared length is in \(chosen.topComponents.count) components \
        (\(chosen.topComponents.map(String.init).joined(separator: ", "))).
        """),
      finding(
        false,
        """
        Projected out, at most \(errorText(chosen.residue)) of a row's length is left along it: rounding.
        """),
    ]
    if scores.drop.low <= 0 || scores.rise.low <= 0 {
      let doubtful =
        scores.drop.low <= 0
        ? "the fall of R when it is projected out" : "the rise of R when it is added"
      findings.append(
        finding(
          true,
          """
          The interval of \(doubtful) includes 0.
          """))
    }
    for (loss, texts) in [
      (chosen.replyLoss, "the model's own harmless replies"),
      (chosen.promptLoss, "harmless prompts themselves"),
    ] {
      guard let loss else { continue }
      findings.append(
        finding(
          loss.increase.low > 0.1,
          """
          Without it the loss of \(loss.tokens) tokens of \(texts) changes by \
          \(figureAndInterval(loss.increase, isSigned: true)) nats, from \(figure(loss.baseline.value)).
          """))
    }
    if chosen.test == nil {
      findings.append(
        finding(
          true,
          """
          Too few prompts were left to report on, so all scores are on those it was chosen by, and \
          flattered.
          """))
    }
    if let unlike = PageVerdict.Finding.unlikeEnds(direction.positions) { findings.append(unlike) }
    return findings.sorted { $0.refutes && !$1.refutes }
  }

  /// "none moves", "one moves", "3 move".
  private func asManyAs(_ chance: Double, of nulls: NullDirections) -> String {
    let moving = Int((chance * Double(nulls.scores.count + 1)).rounded()) - 1
    return moving == 0 ? "none moves" : moving == 1 ? "one moves" : "\(moving) move"
  }

  /// How the figures came about.
  var methodItems: [String] {
    let options = direction.options
    return [
      direction.opening.sentence,
      """
      R is the refusal log-odds, log q − log(1 − q), q being the probability that the reply begins with one of these tokens.
      """,
      options.keepsAllPrompts
        ? "Prompts were kept whatever the model does with them."
        : "Only harmful prompts with R above 0 and harmless ones with R below 0 were kept.",
      """
      Candidates: the mean of what enters a block over harmful prompts less that over harmless ones, at \
      every layer, at \(words(ofPositions: direction.positions)). Means are summed in double precision.
      """,
      """
      Bypass: the unit direction is projected out of what enters every block and of what every attention and \
      MLP adds, at all positions. Induce: the difference is added as it is to what enters its own block, at \
      all positions. KL: of the next token after harmless prompts, as it was, from the bypassed one. All in \
      memory; the model's files never change.
      """,
      """
      Discarded: layers from \(Int(options.limits.layerShare * Double(layerCount))) on, KL above \
      \(figure(options.limits.divergence)), induce below \(figure(options.limits.induced)). The smallest \
      bypass of the rest is chosen (Arditi et al., arXiv 2406.11717).
      """,
      """
      Intervals: 2.5th to 97.5th percentile over \(options.draws) draws of whole groups; of cosines, over \
      \(options.halves) halves and \(options.draws) draws of prompts. Seed \(origin.seed).
      """,
    ]
  }

  private var layerCount: Int { direction.gridSize / max(direction.positions.count, 1) }

  /// What the figures do not show.
  var limitItems: [String] {
    [
      """
      R looks at the first token of a reply. A model may begin as a refusal does and answer, or the other \
      way round.
      """,
      """
      That projecting a direction out lowers R shows that the model goes by it there, not that it goes by \
      nothing else, nor where it is read.
      """,
      "The best of a grid is the luckiest as well; scores on prompts it was chosen by are flattered.",
    ]
  }
}

extension PromptPart {
  /// What the part is for.
  var purpose: String {
    switch self {
    case .train: "to fit on"
    case .dev: "to choose by"
    case .test: "to report on"
    }
  }

  /// Fewest prompts of either class.
  fileprivate var least: Int {
    self == .train ? RefusalDirection.leastTraining : RefusalDirection.leastJudging
  }
}

extension CandidateFault {
  var words: String {
    switch self {
    case .undefined: "no direction"
    case .late: "late layer"
    case .divergent: "KL too large"
    case .notInducing: "does not induce"
    }
  }
}

extension DirectionVariant.Kind {
  var words: String {
    switch self {
    case .winsorised: "winsorised means"
    case .masked: "without the stream's three largest components"
    }
  }
}
