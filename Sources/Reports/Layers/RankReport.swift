import Inference
public import Probes

extension LayerRanking: LayersResult {
  public static var kind: String { "layers-rank" }

  public static func forms(of report: LayersReport<LayerRanking>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb layers rank`.
public typealias RankReport = LayersReport<LayerRanking>

extension LayersReport<LayerRanking> {
  /// In a word or two.
  var verdictWord: String {
    switch result.outcome {
    case .agree: "criteria agree"
    case .disagree: "criteria disagree"
    case .tooFewCriteria, .tooFewLayers: "not judged"
    }
  }

  /// What may be said.
  var claim: String {
    switch result.outcome {
    case .agree:
      """
      The criteria agree: \(concordanceWords). \(firstLayers)
      """
    case .disagree:
      """
      Criteria disagree: \(concordanceWords); \(holdingWords). There is no one ranking of layers to quote, \
      and each criterion answers a question of its own.
      """
    case .tooFewCriteria:
      """
      Not judged: \(counted(result.criteria.count, "criterion", "criteria")) of \
      \(CriterionKind.allCases.count) \(result.criteria.count == 1 ? "tells" : "tell") layers apart, where \
      agreement takes \(LayerRanking.leastCriteria).
      """
    case .tooFewLayers:
      """
      Not judged: among \(result.layers.count) layers, fewer than \(LayerRanking.leastLayers), agreement \
      cannot be told from chance.
      """
    }
  }

  private var concordanceWords: String {
    guard let concordance = result.concordance else { return "no two criteria" }
    return """
      Kendall's W is \(figure(concordance.value)) over \
      \(counted(result.criteria.count, "criterion", "criteria")), where curves moved along the depth have \
      \(figure(concordance.moved)) on average (p \(concordance.chance < 0.001 ? "" : "= ")\
      \(chance(concordance.chance)))
      """
  }

  private var holdingWords: String {
    """
    \(result.agreements.count(where: \.holds)) of \
    \(counted(result.agreements.count, "pair")) of criteria agree by themselves
    """
  }

  /// The layers that come first, and how surely.
  private var firstLayers: String {
    let first = result.consensus.prefix(result.options.top)
    let sure = first.filter { $0.support >= 0.95 }.map { "\($0.layer)" }
    let names = first.map { "\($0.layer)" }.joined(separator: ", ")
    return """
      First by mean rank are layers \(names); \(sure.isEmpty ? "none of them" : sure.joined(separator: ", ")) \
      \(sure.count > 1 ? "are" : "is") among the first \(result.options.top) in 95 % of redraws.
      """
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    func add(_ refutes: Bool, _ sentence: String) {
      findings.append(PageVerdict.Finding(refutes: refutes, sentence: sentence))
    }
    if result.outcome == .agree, !result.apart.isEmpty {
      let names = result.apart.map(\.words).joined(separator: " and ")
      add(
        true,
        """
        \(names.capitalizedAtStart) \(result.apart.count == 1 ? "stands" : "stand") apart: \
        \(result.apart.count == 1 ? "it agrees" : "they agree") with fewer than half of the others.
        """)
    }
    if !result.missing.isEmpty {
      add(
        result.outcome == .agree,
        """
        \(counted(result.missing.count, "criterion", "criteria")) of \(CriterionKind.allCases.count) \
        \(result.missing.count == 1 ? "is" : "are") missing: \
        \(result.missing.map(\.kind.words).joined(separator: ", ")).
        """)
    }
    let kinds = Set(result.criteria.map(\.kind))
    if kinds.isSuperset(of: [.denoise, .noise]) {
      add(
        false,
        """
        Denoising and noising are of the same pairs of prompts, so that their agreement is worth less than \
        that of others.
        """)
    }
    if !kinds.isDisjoint(with: [.probeGain, .angleGap]), kinds.count > 1 {
      add(
        false,
        """
        Probe gain and angle gap are of all that came together up to a layer, the others of what the layer \
        itself writes, carries or is scaled with; what is readable stays readable behind the layers that \
        make it so.
        """)
    }
    return findings
  }

  /// Two criteria's agreement, every two.
  var agreementTable: ReportTable {
    var table = ReportTable(
      "How two criteria agree",
      [
        .text("criterion"), .text("and"), .number("tau-b (95 %)"), .number("p, moved"),
        .text("agree"),
      ])
    for agreement in result.agreements {
      table.add([
        agreement.one.words, agreement.other.words,
        figureAndInterval(agreement.tau, isSigned: true), chance(agreement.chance),
        agreement.holds ? "yes" : "no",
      ])
    }
    return table
  }

  /// The layers that come first, for a terminal.
  var shortTable: ReportTable {
    var table = ReportTable(
      "Layers by mean rank",
      [.number("layer"), .number("mean rank"), .number("support")]
        + result.criteria.map { .number($0.kind.short) })
    for layer in result.consensus.prefix(max(8, result.options.top)) {
      table.add(
        ["\(layer.layer)", rankText(layer.meanRank.value), percent(layer.support)]
          + layer.ranks.map(rankText))
    }
    return table
  }

  /// Every layer with its rank by every criterion.
  var layerTable: ReportTable {
    var table = ReportTable(
      "Every layer, the first by mean rank at the top",
      [.number("layer"), .number("mean rank (95 %)"), .number("support")]
        + result.criteria.map { .number($0.kind.words) })
    for layer in result.consensus {
      let mean = layer.meanRank
      table.add(
        [
          "\(layer.layer)",
          "\(rankText(mean.value)) (\(rankText(mean.low))–\(rankText(mean.high)))",
          percent(layer.support),
        ]
          + zip(result.criteria, layer.ranks).map { criterion, rank in
            "\(rankText(rank)): \(figure(criterion.layers[layer.layer].value, isSigned: true))"
          })
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    var items = result.criteria.map { "\($0.kind.words.capitalizedAtStart): \($0.kind.meaning)" }
    if let probes = result.probes {
      items.append(
        """
        Probes: logistic regression on what leaves each layer at the last position, over \
        \(counted(probes.sample.rows, "prompt")) in \(counted(probes.sample.groups, "group")), folds of whole \
        groups; the best baseline is \(probes.baseline.words) with \
        \(figureAndInterval(probes.baselineAuroc)).
        """)
    }
    items += [
      """
      Ranks: 1 is the most; equal figures share the mean of their ranks. Intervals and support: \
      \(result.options.redraws) redraws of every figure from its interval, errors of layers taken as \
      independent; support is the share of redraws in which a layer is among the first \
      \(result.options.top).
      """,
      """
      tau-b is Kendall's rank correlation over the layers. Neighbouring layers have like figures, so chance is \
      what curves have that are moved along the depth or turned round: every such move for two criteria, \
      \(result.options.moves) draws of moves for all together.
      """,
      """
      Two criteria agree where tau's interval is above zero and p is at most \(LayerRanking.level). All agree \
      where p of Kendall's W is at most \(LayerRanking.level) and at least half of the pairs agree; otherwise \
      criteria disagree.
      """,
    ]
    return items
  }

  /// What the figures do not say.
  var limitItems: [String] {
    [
      """
      A layer that comes first is one where refusal can be read, is written, is carried or can be disturbed, by \
      the criterion's own measure; that it is where refusal "is" does not follow.
      """,
      "The ranking is of this model, template and set of prompts; measure again for any other.",
    ]
  }
}

/// A rank, without decimals where it has none.
func rankText(_ rank: Double) -> String {
  rank == rank.rounded() ? "\(Int(rank))" : amount((rank * 10).rounded() / 10)
}

/// "1 criterion", "2 criteria".
func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(count) \(count == 1 ? one : many)"
}
