import Inference
import Probes

extension LayersReport where Result == LayerSearch {
  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Search by scaling", title: "Which blocks, scaled, change refusals most",
      lead: """
        \(counted(result.prompts, "harmless prompt")) in \(counted(result.groups, "group")), replied to with \
        blocks scaled.
        """,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.range == nil || !result.reachedThreshold ? .open : .holds,
            word: verdictWord, sentence: claim, findings: findings)), .figures(keyFigures),
      ],
      sections: [
        PageSection("Sweeps", anchor: "sweeps", sweepBlocks),
        PageSection(
          "Factors", anchor: "factors",
          [
            .paragraph(thresholdSentence),
            .table(Self.table("Factors tried", Self.stepTitles, stepRows)),
          ]),
        PageSection("What this does not say", anchor: "limits", [.list(Self.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields + searchFields)]),
      ], colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    [
      KeyFigure(
        name: "safety layers", value: result.range.map { "\($0)" } ?? "not found",
        detail: "began at \(result.initial.range)"),
      KeyFigure(
        name: "factor", value: amount(result.alpha),
        detail: result.reachedThreshold ? "counts differ as asked" : "counts differ too little"),
      KeyFigure(
        name: "refused as it is", value: "\(result.baseline.refusals) of \(result.prompts)",
        detail: figureAndInterval(result.baselineShare)),
      KeyFigure(
        name: "refused, range scaled", value: result.final.map { "\($0.refusals)" } ?? "–",
        detail: "change \(figureAndInterval(result.change, isSigned: true))"),
    ]
  }

  private var searchFields: [(name: String, value: String)] {
    [
      ("over-rejection prompts", result.promptsDigest), ("refusal list", result.rules),
      ("refusal list digest", result.rulesDigest),
    ]
  }

  private var sweepBlocks: [PageBlock] {
    [.paragraph("\(method) \(beginning)")]
      + sweeps.flatMap { title, sweep -> [PageBlock] in
        [
          .charts([chart(title, sweep)]),
          .table(Self.table(title, Self.countTitles, countRows(sweep))),
        ]
      }
  }

  private func chart(_ title: String, _ sweep: BoundarySweep) -> Chart {
    let points = sweep.counts.map { count in
      DepthCurve.Point(
        block: sweep.bound == .upper ? count.range.last : count.range.first,
        value: Double(count.refusals))
    }
    let fixed =
      sweep.bound == .upper
      ? "first block \(sweep.chosen.first)" : "last block \(sweep.chosen.last)"
    return .depthCurve(
      name: "sweep-\(sweep.bound.rawValue)", title: title,
      caption: "Refused prompts by where the moving bound stands, \(fixed). Across: as it is.",
      measure: "prompts refused", [DepthCurve(title.lowercased(), points)],
      guides: [Double(result.baseline.refusals)])
  }

  private static func table(_ caption: String, _ titles: [String], _ rows: [[String]]) -> PageTable
  {
    var table = PageTable(
      caption, titles.enumerated().map { $0 == 0 || $1.isEmpty ? .text($1) : .number($1) })
    for row in rows { table.add(row.map { PageTable.Cell($0) }) }
    return table
  }
}
