public import Probes

extension OutcomeReport where Analysis == RegressionAnalysis {
  /// The report as one HTML file that needs nothing else.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func html(charts: ChartLibrary?) -> String { page(of: kind).html(charts: charts) }

  /// The report as a page; the name tells apart the charts of several results on one page.
  func page(of name: String) -> ReportPage {
    page(
      title: "The number \(origin.labelColumn)", sample: sampleSentence,
      verdict: claim.verdict(sentence: claimSentence), figures: keyFigures,
      layers: layers.blocks(name), own: [], baselines: baselineBlocks,
      choices: choiceBlocks(analysis.headline?.choices, by: .rSquared),
      cells: [.table(cellPageTable), .note(PageTable.noteOfCells(count: analysis.cells.count))],
      method: methodItems)
  }

  /// Charts over the layers and positions.
  var layers: LayerCharts {
    LayerCharts(
      measure: .rSquared, probe: "ridge regression",
      cells: analysis.cells.map { result in
        PlacedFigure(
          cell: result.cell, estimate: result.figures.rSquared, gain: result.figures.gain,
          inner: nil)
      },
      guides: analysis.baselines.compactMap { result in
        result.figures?.rSquared.map { Guide(name: words(result.baseline), value: $0.value) }
      },
      reference: mostChosen(analysis.headline?.choices, among: analysis.cells.map(\.cell)))
  }

  private var keyFigures: [KeyFigure] {
    let sample = analysis.sample
    var figures: [KeyFigure] = []
    if let headline = analysis.headline?.figures {
      figures =
        headlineFigures(
          .rSquared, headline.rSquared, gain: headline.gain, over: words(analysis.bestBaseline))
        + [
          KeyFigure(
            name: "Spearman's correlation", value: figure(headline.spearman?.value),
            detail: "95 %: \(interval(headline.spearman))"),
          KeyFigure(
            name: "mean error, in the label's unit",
            value: amount(headline.meanAbsoluteError?.value),
            detail: "95 %: \(amountInterval(headline.meanAbsoluteError))"),
        ]
    }
    return figures + [
      KeyFigure(
        name: "prompts", value: "\(sample.rows)", detail: counted(sample.groups, "group"))
    ]
  }

  private var baselineBlocks: [PageBlock] {
    var table = PageTable(
      "Predictors that see the text alone; the mean error is in the label's unit",
      [
        .text("predictor"), .number("R² (95 %)"), .number("Spearman (95 %)"),
        .number("mean error (95 %)"),
      ])
    func add(_ name: String, _ figures: RegressionFigures) {
      table.add([
        PageTable.Cell(name),
        PageTable.Cell(figureAndInterval(figures.rSquared, isSigned: true)),
        PageTable.Cell(figureAndInterval(figures.spearman)),
        PageTable.Cell(amountAndInterval(figures.meanAbsoluteError)),
      ])
    }
    let best = analysis.bestBaseline
    for result in analysis.baselines {
      guard let figures = result.figures else { continue }
      add(words(result.baseline) + (result.baseline == best ? " (best)" : ""), figures)
    }
    if let figures = analysis.headline?.figures { add("the headline's probe", figures) }
    return [.table(table)]
      + missingBaselines(
        analysis.baselines.filter { $0.figures == nil }.map { words($0.baseline) })
  }

  private var cellPageTable: PageTable {
    .ofCells(
      analysis.cells, at: \.cell,
      [
        .number("R² (95 %)"), .number("gain (95 %)"), .number("Spearman"), .number("mean error"),
      ]
    ) { result in
      let figures = result.figures
      return [
        .estimate(figures.rSquared, isSigned: true), .estimate(figures.gain, isSigned: true),
        .figure(figures.spearman?.value),
        PageTable.Cell(
          amount(figures.meanAbsoluteError?.value), key: figures.meanAbsoluteError?.value),
      ]
    }
  }
}
