import Probes

extension LayersReport<Landscape> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Landscape of weights", claim,
      findings.markdown,
      "## Over the moves\n\n\(curveTable.markdown)",
      markdownList("How it was measured", methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", limitItems), markdownFields,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [
      wrapped(claim, width: 80),
      findings.terminal,
      curveTable.terminal,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Layers", title: "What becomes of refusals when weights are moved at random",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.unmoved.safety == 0 ? .open : .holds, word: verdictWord, sentence: claim,
            findings: findings)), .figures(keyFigures),
      ],
      sections: [
        PageSection("Over the moves", anchor: "moves", moveBlocks),
        PageSection(
          "How it was measured", anchor: "method",
          [.list(methodItems), .heading("Limits"), .list(limitItems)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    [
      KeyFigure(
        name: "safe, mean over moves", value: figure(result.score.value),
        detail: "\(interval(result.score)), \(figure(result.unmoved.safety)) unmoved"),
      KeyFigure(
        name: "reach without breaking", value: figure(result.intactReach.value),
        detail: "\(interval(result.intactReach)) of each matrix's length"),
      KeyFigure(
        name: "directions", value: "\(result.directions.count)",
        detail: "\(result.curve.count) moves each, up to \(figure(result.options.reach))"),
    ]
  }

  private var moveBlocks: [PageBlock] {
    let curve = result.curve
    func chart(_ name: String, _ title: String, _ measure: String, _ curves: [MoveCurve]) -> Chart {
      .moveCurve(
        name: "landscape-\(name)", title: title,
        caption: "Means over \(counted(result.directions.count, "direction")) with 95 % bands.",
        measure: measure, curves)
    }
    return [
      .charts([
        chart(
          "refusal", "Refusal log-odds", "R",
          [
            MoveCurve("harmful prompts", curve, \.refusal),
            MoveCurve("look-alikes", curve, \.overRefusal),
          ])
      ]),
      .charts([
        chart(
          "reading", "What can be read", "area, cosine",
          [
            MoveCurve("AUROC of the unmoved probe", curve, \.auroc),
            MoveCurve("cosine with the unmoved direction", curve, \.cosine),
          ]),
        chart("loss", "Loss of neutral text", "nats a token", [MoveCurve("loss", curve, \.loss)]),
        chart("safety", "How safe it is", "share", [MoveCurve("safe", curve, \.safety)]),
      ]),
      .table(curveTable.page),
    ]
  }
}
