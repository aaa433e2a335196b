import Probes

extension ProbeReport {
  /// The report as a page of Markdown.
  public var markdown: String {
    [
      "# Probe report: \(labelMeaning(\.escapedForMarkdown))",
      claim(\.escapedForMarkdown), findings, checkTable, choices, baselines, transfer, causal,
      topCells, allCells, markdownList("How it was measured", methodItems),
      markdownList("Limits", limitItems(\.escapedForMarkdown)),
      origin.markdownFields(provenance),
    ].compactMap { $0 }.joined(separator: "\n\n") + "\n"
  }

  private var findings: String? {
    let sentences = findingSentences(\.escapedForMarkdown)
    if sentences.isEmpty { return nil }
    return sentences.map { "- \($0.refutes ? "**Refutes.** " : "")\($0.text)" }
      .joined(separator: "\n")
  }

  private var checkTable: String {
    var table = TextTable([.text("check"), .text("found"), .text("how to read it")])
    for row in checks(\.escapedForMarkdown) { table.add([row.check, row.figure, row.reading]) }
    return """
      ## What could have refuted it

      Reference cell: \(analysis.controls.reference.name.escapedForMarkdown)\
      \(analysis.headline == nil ? "" : ", which the headline chose most often").

      \(table.markdown)
      """
  }

  private var transfer: String? {
    guard let matrix = analysis.controls.transfer.finding else { return nil }
    var table = TextTable([
      .text("trained on"), .text("tested on"), .number("prompts"), .number("AUROC"),
      .number("called class 1"),
    ])
    for entry in matrix.entries {
      table.add([
        entry.train.escapedForMarkdown, entry.test.escapedForMarkdown, "\(entry.rows)",
        figure(entry.auroc), percent(entry.positiveShare),
      ])
    }
    return "## Transfer between sources\n\n\(table.markdown)"
  }

  private var causal: String? {
    guard let check = analysis.controls.causal.finding else { return nil }
    var table = TextTable([
      .text("intervention"), .number("class"), .number("change of the log-odds (95 %)"),
      .number("random directions"), .number("p"),
    ])
    for effect in check.effects {
      table.add([
        effect.intervention, "\(effect.label)",
        figureAndInterval(effect.found.change, isSigned: true), range(effect.found.random),
        chance(effect.found.pValue),
      ])
    }
    return """
      ## What the direction does to the model

      \(table.markdown)
      At \(check.site.escapedForMarkdown), every position; \(check.positives) prompts of class 1 and \
      \(check.negatives) of class 0, in \(counted(check.groups, "group")); \(check.randomDirections) \
      random directions of the same length. Refusal log-odds without intervention: \
      \(figure(check.unchanged.positives, isSigned: true)) and \
      \(figure(check.unchanged.negatives, isSigned: true)).
      """
  }

  private var choices: String {
    guard let headline = analysis.headline else {
      return """
        ## Chosen inside each training part

        Nothing was chosen, since there is no headline.
        """
    }
    var table = TextTable([
      .number("held-out fold"), .number("prompts"), .number("groups"), .text("cell"),
      .text("kind"), .number("inner AUROC"), .number("held-out AUROC"),
    ])
    for (fold, choice) in headline.choices.enumerated() {
      let counts = analysis.sample.folds[fold]
      table.add([
        "\(fold + 1)", "\(counts.rows)", "\(counts.groups)", choice.cell.escapedForMarkdown,
        choice.kind.words, figure(choice.innerAuroc), figure(headline.figures.foldAurocs[fold]),
      ])
    }
    return """
      ## Chosen inside each training part

      \(table.markdown)
      The inner AUROC is what the choice was made by, the best of \
      \(ProbeKind.allCases.count * analysis.cells.count) candidates and so optimistic; the held-out AUROC is what the \
      headline rests on. Balanced accuracy over the held-out folds: \
      \(figureAndInterval(headline.figures.balancedAccuracy)).
      """
  }

  private var baselines: String {
    var table = TextTable([
      .text("predictor"), .number("AUROC (95 %)"), .number("folds"),
      .number("balanced accuracy (95 %)"),
    ])
    for result in analysis.baselines {
      switch result.figures {
      case .notRun(let reason):
        table.add([result.baseline.words, "not run: \(reason.words)", "–", "–"])
      case .done(let figures):
        table.add([
          result.baseline.words, figureAndInterval(figures.auroc), range(figures.foldAurocs),
          figureAndInterval(figures.balancedAccuracy),
        ])
      }
    }
    return """
      ## Predictors that see the text alone

      \(table.markdown)
      Gains below are against \(analysis.bestBaseline.words), the best of these.
      """
  }

  private var topCells: String {
    var table = TextTable([
      .number("rank"), .text("cell"), .number("gain (95 %)"), .number("AUROC (95 %)"),
      .number("folds"), .number("balanced accuracy (95 %)"), .number("mass-mean AUROC (95 %)"),
      .number("LDA AUROC (95 %)"),
    ])
    for (rank, result) in analysis.cells.prefix(10).enumerated() {
      table.add([
        "\(rank + 1)", result.cell.name.escapedForMarkdown,
        figureAndInterval(result.logistic.gain, isSigned: true),
        figureAndInterval(result.logistic.auroc), range(result.logistic.foldAurocs),
        figureAndInterval(result.logistic.balancedAccuracy),
        figureAndInterval(result.massMean.auroc), figureAndInterval(result.lda.auroc),
      ])
    }
    return """
      ## Cells with the largest gain

      \(table.markdown)
      Logistic regression unless said otherwise. The first of \
      \(counted(analysis.cells.count, "cell")) is the luckiest as well as the best; the headline \
      pays for that choice, this table does not.
      """
  }

  private var allCells: String {
    var sites: [String] = []
    for site in analysis.cells.map(\.cell.site).sorted() where site != sites.last {
      sites.append(site)
    }
    let tables = sites.map { site in
      var table = TextTable([
        .number("layer"), .text("position"), .number("AUROC (95 %)"), .number("gain (95 %)"),
        .number("balanced accuracy"), .number("mass-mean AUROC (95 %)"),
        .number("LDA AUROC (95 %)"), .number("C"),
      ])
      let cells = analysis.cells.filter { $0.cell.site == site }.sorted {
        ($0.cell.layer ?? -1, $0.cell.position) < ($1.cell.layer ?? -1, $1.cell.position)
      }
      for result in cells {
        table.add([
          result.cell.layer.map { "\($0)" } ?? "–", result.cell.position.escapedForMarkdown,
          figureAndInterval(result.logistic.auroc),
          figureAndInterval(result.logistic.gain, isSigned: true),
          figure(result.logistic.balancedAccuracy?.value),
          figureAndInterval(result.massMean.auroc),
          figureAndInterval(result.lda.auroc),
          penaltyText(result.finalPenalty),
        ])
      }
      return "### \(site.escapedForMarkdown)\n\n\(table.markdown)"
    }
    return "## All cells\n\n" + tables.joined(separator: "\n")
  }
}
