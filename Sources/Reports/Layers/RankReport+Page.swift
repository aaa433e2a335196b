import Inference
import ModelFiles
import Probes

extension LayersReport<LayerRanking> {
  /// The report as Markdown.
  var markdown: String {
    var parts = [
      "# Ranking of layers: \(verdictWord)", claim.escapedForMarkdown,
      findings.markdown,
    ]
    if !result.layers.isEmpty { parts.append("## Layers\n\n\(layerTable.markdown)") }
    if !result.agreements.isEmpty {
      parts.append("## Agreement\n\n\(agreementTable.markdown)")
    }
    if !result.missing.isEmpty {
      parts.append(
        markdownList(
          "Missing", result.missing.map { "\($0.kind.words): not ranked by, \($0.needs)" }))
    }
    parts += [
      markdownList("How it was ranked", methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", limitItems.map(\.escapedForMarkdown)), markdownFields,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    var parts = [
      wrapped(claim, width: 80),
      findings.terminal,
    ]
    if !result.layers.isEmpty { parts.append(shortTable.terminal) }
    if !result.agreements.isEmpty { parts.append(agreementTable.terminal) }
    parts += result.missing.map {
      wrapped("\($0.kind.words): not ranked by, \($0.needs).", width: 80)
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    let missing = result.missing.map {
      PageBlock.notRun(what: $0.kind.words.capitalizedAtStart, needs: $0.needs)
    }
    var sections = [PageSection("Over the depth", anchor: "depth", depthBlocks)]
    if !result.agreements.isEmpty {
      sections.append(
        PageSection("Agreement", anchor: "agreement", [.table(agreementTable.page)]))
    }
    if !result.layers.isEmpty {
      sections.append(PageSection("Every layer", anchor: "layers", [.table(layerTable.page)]))
    }
    if !missing.isEmpty {
      sections.append(PageSection("Missing criteria", anchor: "missing", missing))
    }
    sections += [
      PageSection(
        "How it was ranked", anchor: "method",
        [.list(methodItems), .heading("Limits"), .list(limitItems)]),
      PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
    ]
    return ReportPage(
      kind: "Layers", title: "Layers ranked by what they do for refusals", lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.outcome == .agree
              ? .holds : result.outcome == .disagree ? .refuted : .open,
            word: verdictWord, sentence: claim, findings: findings)),
        .figures(keyFigures),
      ],
      sections: sections, colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    let first = result.consensus.first
    return [
      KeyFigure(
        name: "criteria", value: "\(result.criteria.count) of \(CriterionKind.allCases.count)",
        detail: result.criteria.map(\.kind.short).joined(separator: ", ")),
      KeyFigure(
        name: "Kendall's W", value: figure(result.concordance?.value),
        detail: result.concordance.map {
          "\(figure($0.moved)) by chance, p \($0.chance < 0.001 ? "" : "= ")\(chance($0.chance))"
        } ?? ""),
      KeyFigure(
        name: "first by mean rank", value: first.map { "layer \($0.layer)" } ?? "–",
        detail: first.map {
          "\(rankText($0.meanRank.value)), among the first \(result.options.top) in \(percent($0.support))"
        } ?? ""),
    ]
  }

  private var depthBlocks: [PageBlock] {
    if result.criteria.isEmpty { return [.paragraph("There is no criterion to show.")] }
    return [
      .charts([curves]), .charts([map]), .charts([bars]),
    ]
  }

  private var curves: Chart {
    .depthCurve(
      name: "rank-curves", title: "Every criterion over the depth",
      caption: """
        Each curve as a share of its largest figure, with 95 % bands; curves of different criteria compare by \
        their shape, not by their height.
        """, measure: "share of the largest figure",
      result.criteria.map { criterion in
        let largest = criterion.layers.map { abs($0.value) }.max() ?? 1
        return DepthCurve(
          criterion.kind.words, criterion.layers.map { $0.divided(by: largest) })
      }, guides: [0])
  }

  private var map: Chart {
    let count = Double(max(result.layers.count - 1, 1))
    func cell(_ layer: Int, _ row: String, _ rank: Estimate, isMarked: Bool) -> MappedFigure {
      func place(_ rank: Double) -> Double { 1 - (rank - 1) / count }
      return MappedFigure(
        layer: layer, row: row,
        estimate: Estimate(
          value: place(rank.value), low: place(rank.high), high: place(rank.low),
          draws: rank.draws), isMarked: isMarked)
    }
    let rows = result.criteria.enumerated().flatMap { index, criterion in
      result.layers.map { layer in
        let rank = layer.ranks[index]
        return cell(
          layer.layer, criterion.kind.words,
          Estimate(value: rank, low: rank, high: rank, draws: 0),
          isMarked: criterion.range?.contains(layer.layer) ?? false)
      }
    }
    let first = Set(result.consensus.prefix(result.options.top).map(\.layer))
    let consensus = result.layers.map {
      cell($0.layer, "mean rank", $0.meanRank, isMarked: first.contains($0.layer))
    }
    return .layerMap(
      name: "rank-map", title: "Place of every layer by every criterion",
      caption: """
        1 is the first place and 0 the last. Frames mark the layers a criterion points at, and the first \
        \(result.options.top) by mean rank.
        """, measure: "place", rows + consensus)
  }

  private var bars: Chart {
    .rangeBars(
      name: "rank-ranges", title: "Layers each criterion points at",
      caption: """
        Bars: the range an analysis found, or, where it finds none, the layers around the largest figure that \
        have at least half of it. Dots: where the figure is largest.
        """, layerCount: result.layers.count,
      result.criteria.map { criterion in
        let isFound = criterion.kind == .angleGap || criterion.kind == .scaling
        return RangeBar(
          name: criterion.kind.words, range: criterion.range,
          how: isFound ? "the range found" : "half of the largest figure or more",
          best: criterion.best, estimate: criterion.layers[criterion.best])
      })
  }
}

extension Estimate {
  /// The figure in another unit.
  fileprivate func divided(by unit: Double) -> Estimate {
    unit == 0
      ? self : Estimate(value: value / unit, low: low / unit, high: high / unit, draws: draws)
  }
}
