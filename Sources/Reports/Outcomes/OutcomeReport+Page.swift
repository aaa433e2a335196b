import Probes

/// The page of classes and numbers, where both are alike.
extension OutcomeReport {
  /// A page; `own` are sections that one kind alone has.
  func page(
    title: String, sample: String, verdict: PageVerdict, figures: [KeyFigure], layers: [PageBlock],
    own: [PageSection], baselines: [PageBlock], choices: [PageBlock], cells: [PageBlock],
    method: [String]
  ) -> ReportPage {
    ReportPage(
      kind: "Probe report", title: title, lead: "Column \(origin.labelColumn): \(sample).",
      opening: [.verdict(verdict), .figures(figures)],
      sections: [PageSection("Layers and positions", anchor: "layers", layers)] + own + [
        PageSection("The text alone", anchor: "baselines", baselines),
        PageSection("Chosen inside each training part", anchor: "choices", choices),
        PageSection("All cells", anchor: "cells", cells),
        PageSection(
          "How it was measured", anchor: "method",
          [.list(method), .heading("Limits"), .list(limitItems { $0 })]),
        PageSection(
          "Provenance", anchor: "provenance", [.fields(origin.fields(provenance))]),
      ], colophon: provenance.colophon)
  }
}

/// The figures of a headline at the top of a page.
func headlineFigures(
  _ measure: Measure, _ estimate: Estimate?, gain: Estimate?, over baseline: String
) -> [KeyFigure] {
  [
    KeyFigure(
      name: "\(measure.words) on held-out groups",
      value: figure(estimate?.value, isSigned: measure.isSigned),
      detail: "95 %: \(interval(estimate, isSigned: measure.isSigned))"),
    KeyFigure(
      name: "gain over \(baseline)", value: figure(gain?.value, isSigned: true),
      detail: "95 %: \(interval(gain, isSigned: true))"),
  ]
}

/// What was chosen for each held-out fold.
func choiceBlocks(_ choices: [OutcomeChoice]?, by measure: Measure) -> [PageBlock] {
  guard let choices else {
    return [.paragraph("Nothing was chosen, since there is no headline.")]
  }
  var table = PageTable(
    "What was chosen without each held-out fold",
    [.text("held-out fold"), .text("cell"), .number("inner \(measure.words)")])
  for (fold, choice) in choices.enumerated() {
    table.add([
      PageTable.Cell("\(fold + 1)"), PageTable.Cell(choice.cell),
      .figure(choice.inner, isSigned: measure.isSigned),
    ])
  }
  return [
    .table(table),
    .note(
      """
      The inner \(measure.words) is what the choice was made by, the best of many and so optimistic; the \
      headline rests on the held-out folds.
      """),
  ]
}

/// The cell that was chosen most often; of equals the one chosen first.
func mostChosen(_ choices: [OutcomeChoice]?, among cells: [ProbeCell]) -> ProbeCell? {
  guard let choices else { return nil }
  let counts = Dictionary(choices.map { ($0.cell, 1) }, uniquingKeysWith: +)
  let most = counts.values.max()
  guard let name = choices.first(where: { counts[$0.cell] == most })?.cell else { return nil }
  return cells.first { $0.name == name }
}

/// Predictors that see the text alone and could not run.
func missingBaselines(_ names: [String]) -> [PageBlock] {
  names.map { .notRun(what: $0.capitalizedAtStart, needs: "needs tokens of the user's text") }
}
