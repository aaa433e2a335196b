public import Probes

extension OutcomeReport where Analysis == ClassAnalysis {
  /// The report as one HTML file that needs nothing else.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func html(charts: ChartLibrary?) -> String { page(of: kind).html(charts: charts) }

  /// The report as a page; the name tells apart the charts of several results on one page.
  func page(of name: String) -> ReportPage {
    page(
      title: "\(analysis.sample.names.count) classes of \(origin.labelColumn)",
      sample: sampleSentence, verdict: claim.verdict(sentence: claimSentence), figures: keyFigures,
      layers: layers.blocks(name),
      own: [PageSection("By class", anchor: "classes", classBlocks(name))],
      baselines: baselineBlocks,
      choices: choiceBlocks(analysis.headline?.choices, by: .macroAuroc),
      cells: [.table(cellPageTable), .note(PageTable.noteOfCells(count: analysis.cells.count))],
      method: methodItems)
  }

  /// Charts over the layers and positions.
  var layers: LayerCharts {
    LayerCharts(
      measure: .macroAuroc, probe: "logistic regression of each class against the others",
      cells: analysis.cells.map { result in
        PlacedFigure(
          cell: result.cell, estimate: result.figures.macroAuroc, gain: result.figures.gain,
          inner: nil)
      },
      guides: analysis.baselines.compactMap { result in
        result.figures?.macroAuroc.map { Guide(name: words(result.baseline), value: $0.value) }
      },
      reference: mostChosen(analysis.headline?.choices, among: analysis.cells.map(\.cell)))
  }

  private var keyFigures: [KeyFigure] {
    let sample = analysis.sample
    var figures: [KeyFigure] = []
    if let headline = analysis.headline?.figures {
      figures =
        headlineFigures(
          .macroAuroc, headline.macroAuroc, gain: headline.gain,
          over: words(analysis.bestBaseline))
        + [
          KeyFigure(
            name: "accuracy", value: figure(headline.accuracy?.value),
            detail: "95 %: \(interval(headline.accuracy))")
        ]
    }
    return figures + [
      KeyFigure(
        name: "prompts", value: "\(sample.rows.reduce(0, +))",
        detail: "\(sample.names.count) classes, \(counted(sample.groups, "group"))")
    ]
  }

  /// Areas and decisions by class, of the headline or of the first cell.
  private func classBlocks(_ name: String) -> [PageBlock] {
    guard let (figures, whose) = quotedFigures else { return [] }
    let names = analysis.sample.names
    var table = PageTable(
      "Each class against the others",
      [
        .text("class"), .number("prompts"), .number("AUROC (95 %)"), .number("decided right"),
        .text("most often taken for"),
      ])
    for (place, name) in names.enumerated() {
      let decisions = figures.confusion[place]
      let total = decisions.reduce(0, +)
      let wrong = decisions.indices.filter { $0 != place && decisions[$0] > 0 }
        .max { (decisions[$0], $1) < (decisions[$1], $0) }
      table.add([
        PageTable.Cell(name), PageTable.Cell("\(analysis.sample.rows[place])"),
        PageTable.Cell(figureAndInterval(figures.classAurocs[place])),
        PageTable.Cell("\(decisions[place]) of \(total)"),
        PageTable.Cell(wrong.map { "\(names[$0]) (\(decisions[$0]))" } ?? "–"),
      ])
    }
    return [
      .charts([.confusion(figures.confusion, names: names, of: whose, name: name)]), .table(table),
    ]
  }

  private var baselineBlocks: [PageBlock] {
    var table = PageTable(
      "Predictors that see the text alone",
      [.text("predictor"), .number("macro AUROC (95 %)"), .number("accuracy (95 %)")])
    let best = analysis.bestBaseline
    for result in analysis.baselines {
      guard let figures = result.figures else { continue }
      table.add([
        PageTable.Cell(words(result.baseline) + (result.baseline == best ? " (best)" : "")),
        PageTable.Cell(figureAndInterval(figures.macroAuroc)),
        PageTable.Cell(figureAndInterval(figures.accuracy)),
      ])
    }
    if let figures = analysis.headline?.figures {
      table.add([
        "the headline's probes", PageTable.Cell(figureAndInterval(figures.macroAuroc)),
        PageTable.Cell(figureAndInterval(figures.accuracy)),
      ])
    }
    return [.table(table)]
      + missingBaselines(
        analysis.baselines.filter { $0.figures == nil }.map { words($0.baseline) })
  }

  private var cellPageTable: PageTable {
    let names = analysis.sample.names
    return .ofCells(
      analysis.cells, at: \.cell,
      [
        .number("macro AUROC (95 %)"), .number("gain (95 %)"), .number("accuracy"),
        .number("weakest class"),
      ]
    ) { result in
      let figures = result.figures
      let weakest = zip(names, figures.classAurocs)
        .compactMap { name, area in area.map { (name: name, area: $0.value) } }
        .min { $0.area < $1.area }
      return [
        .estimate(figures.macroAuroc), .estimate(figures.gain, isSigned: true),
        .figure(figures.accuracy?.value),
        PageTable.Cell(
          weakest.map { "\($0.name) \(figure($0.area))" } ?? "–", key: weakest?.area),
      ]
    }
  }
}
