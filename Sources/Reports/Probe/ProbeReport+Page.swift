import Probes

extension ProbeReport {
  /// The report as one HTML file that needs nothing else, with scores of single tokens where there are any.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func html(tokens: TokenView? = nil, charts: ChartLibrary?) -> String {
    page(of: Self.kind, tokens: tokens).html(charts: charts)
  }

  /// The specification of every chart as a file of its own: its name and its bytes.
  public func chartFiles() -> [(name: String, bytes: [UInt8])] {
    page(of: Self.kind, tokens: nil).charts.map(\.file)
  }

  /// The report as a page; the name tells apart the charts of several results on one page.
  func page(of name: String, tokens: TokenView?) -> ReportPage {
    ReportPage(
      kind: "Probe report", title: "\(origin.meaningOfOne) against \(origin.meaningOfZero)",
      lead: "Column \(origin.labelColumn): \(sampleSentence).",
      opening: [.verdict(pageVerdict), .figures(keyFigures)],
      sections: sections(of: name, tokens: tokens), colophon: provenance.colophon)
  }

  /// Everything below the verdict, in reading order.
  private func sections(of name: String, tokens: TokenView?) -> [PageSection] {
    [
      PageSection(
        "What could have refuted it", anchor: "checks",
        [
          .paragraph(
            """
            Reference cell: \(analysis.controls.reference.name)\
            \(analysis.headline == nil ? "" : ", which the headline chose most often").
            """),
          .table(checkTable),
          .charts([.permutationNull(analysis.controls.permutation, name: name)]),
        ]),
      PageSection("Layers and positions", anchor: "layers", layers.blocks(name)),
      PageSection("The text alone", anchor: "baselines", baselineBlocks),
      PageSection("Alike prompts compared", anchor: "matched", matchedBlocks),
      PageSection("Chances and thresholds", anchor: "quality", qualityBlocks(name)),
      PageSection("Transfer between sources", anchor: "transfer", transferBlocks(name)),
      PageSection("The model itself", anchor: "model", modelBlocks(name)),
      PageSection("Other kinds of probe", anchor: "kinds", kindBlocks),
      tokens.map { PageSection("Token by token", anchor: "tokens", [.tokens($0)]) },
      PageSection("Chosen inside each training part", anchor: "choices", choiceBlocks),
      PageSection("All cells", anchor: "cells", [.table(allCellsTable)] + cellNotes),
      PageSection(
        "How it was measured", anchor: "method",
        [.list(methodItems), .heading("Limits"), .list(limitItems { $0 })]),
      PageSection("Provenance", anchor: "provenance", [.fields(origin.fields(provenance))]),
    ].compactMap { $0 }
  }

  /// The verdict in one to three words.
  var verdictWord: String {
    switch analysis.verdict.claim {
    case .decodes: "Decodes"
    case .notShown: "Not shown"
    case .tooSmall: "Too small to say"
    }
  }

  private var pageVerdict: PageVerdict {
    let tone: PageVerdict.Tone =
      switch analysis.verdict.claim {
      case .decodes: .holds
      case .notShown: .refuted
      case .tooSmall: .open
      }
    return PageVerdict(
      tone: tone, word: verdictWord, sentence: claim { $0 },
      findings: findingSentences { $0 }.map { .init(refutes: $0.refutes, sentence: $0.text) })
  }

  private var keyFigures: [KeyFigure] {
    let sample = analysis.sample
    var figures: [KeyFigure] = []
    if let headline = analysis.headline {
      figures = [
        KeyFigure(
          name: "AUROC on held-out groups", value: figure(headline.figures.auroc?.value),
          detail: "95 %: \(interval(headline.figures.auroc))"),
        KeyFigure(
          name: "gain over \(analysis.bestBaseline.words)",
          value: figure(headline.figures.gain?.value, isSigned: true),
          detail: "95 %: \(interval(headline.figures.gain, isSigned: true))"),
      ]
      figures += headline.quality.operatingPoints.suffix(1).map { point in
        KeyFigure(
          name: "found at \(percent(point.target)) false alarms",
          value: figure(point.truePositiveRate.value),
          detail: "95 %: \(interval(point.truePositiveRate))")
      }
    }
    return figures + [
      KeyFigure(
        name: "p, labels permuted", value: chance(analysis.controls.permutation.pValue),
        detail: counted(analysis.controls.permutation.null.count, "permutation")),
      KeyFigure(
        name: "prompts", value: "\(sample.rows)",
        detail: "\(sample.positives) of class 1, \(counted(sample.groups, "group"))"),
    ]
  }

  private var checkTable: PageTable {
    var table = PageTable(
      "Each check, what came out, and how to read it",
      [.text("check"), .text("found"), .text("how to read it")])
    for row in checks({ $0 }) {
      table.add([
        PageTable.Cell(row.check), PageTable.Cell(row.figure), PageTable.Cell(row.reading),
      ])
    }
    return table
  }
}
