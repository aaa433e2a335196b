public import Probes

extension OutcomeReport where Analysis == ClassAnalysis {
  /// The report as a page of Markdown.
  public var markdown: String {
    let title = """
      # Probe report: \(analysis.sample.names.count) classes of \
      \(origin.labelColumn.escapedForMarkdown)
      """
    return [
      title, headline, choices, classes(\.escapedForMarkdown),
      "## Predictors that see the text alone\n\n" + baselineTable.markdown,
      "## All cells\n\n" + cellTable(\.escapedForMarkdown, analysis.cells).markdown,
      markdownList("How it was measured", methodItems),
      markdownList("Limits", limitItems(\.escapedForMarkdown)),
      origin.markdownFields(provenance),
    ].compactMap { $0 }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  public var terminalText: String {
    let width = 80
    let shown = analysis.cells.prefix(10)
    return [
      wrapped(
        "Probes for \(origin.labelColumn.escapedForTerminal): \(sampleSentence)", width: width),
      wrapped(headline, width: width),
      baselineTable.lines(width: width),
      cellTable(\.escapedForTerminal, Array(shown)).lines(width: width),
      wrapped(
        """
        \(shown.count) of \(counted(analysis.cells.count, "cell")), ranked by gain over \
        \(words(analysis.bestBaseline)); the ranking itself is optimistic.
        """, width: width),
    ].joined(separator: "\n")
  }

  /// A baseline's name.
  func words(_ baseline: OutcomeBaseline) -> String {
    baseline.words(constant: "the most frequent class")
  }

  /// How many prompts of what there are.
  var sampleSentence: String {
    let sample = analysis.sample
    return """
      \(counted(sample.rows.reduce(0, +), "prompt")) of \(sample.names.count) classes, \
      \(sample.rows.min() ?? 0) to \(sample.rows.max() ?? 0) of each, in \
      \(counted(sample.groups, "group"))
      """
  }

  /// What may be said.
  var claim: OutcomeClaim {
    OutcomeClaim(
      hasHeadline: analysis.headline?.figures.macroAuroc != nil,
      gain: analysis.headline?.figures.gain, obstacles: analysis.obstacles)
  }

  private var headline: String {
    [claimSentence, claim.warning].compactMap { $0 }.joined(separator: " ")
  }

  /// The one sentence to quote: the claim, or why there is none.
  var claimSentence: String {
    guard let figures = analysis.headline?.figures, let macro = figures.macroAuroc else {
      return refusal(analysis.obstacles)
    }
    let best = analysis.baselines.first { $0.baseline == analysis.bestBaseline }
    let found =
      switch claim {
      case .decodes:
        "Linear probes at a place chosen inside each training part decode the class with"
      case .notShown, .tooSmall, .nothingChosen:
        """
        Not shown: that linear probes decode the class. At a place chosen inside each training part, they \
        have
        """
      }
    return """
      \(found) macro AUROC \(figureAndInterval(macro)) and accuracy \(figureAndInterval(figures.accuracy)): \
      \(sampleSentence). That is \(figureAndInterval(figures.gain, isSigned: true)) of macro AUROC \
      against \(words(analysis.bestBaseline)) with \
      \(figureAndInterval(best?.figures?.macroAuroc)), the best predictor that sees the text alone.
      """
  }

  private var choices: String? {
    analysis.headline.map {
      "## Chosen inside each training part\n\n" + choiceTable($0.choices, by: "macro AUROC")
    }
  }

  /// The figures that classes are told apart by, and whose they are.
  var quotedFigures: (figures: ClassFigures, whose: String)? {
    analysis.headline.map { ($0.figures, "the headline's probes") }
      ?? analysis.cells.first.map { ($0.figures, "the first cell's probes") }
  }

  /// Areas and decisions by class.
  private func classes(_ escape: (String) -> String) -> String? {
    guard let (figures, whose) = quotedFigures else { return nil }
    let names = analysis.sample.names.map(escape)
    var table = TextTable(
      [.text("class"), .number("prompts"), .number("AUROC (95 %)")]
        + names.map { .number("decided \($0)") })
    for (place, name) in names.enumerated() {
      table.add(
        [name, "\(analysis.sample.rows[place])", figureAndInterval(figures.classAurocs[place])]
          + figures.confusion[place].map { "\($0)" })
    }
    return "## By class\n\n\(table.markdown)\nDecisions are those of \(whose): the largest score."
  }

  private var baselineTable: TextTable {
    var table = TextTable([
      .text("text alone"), .number("macro AUROC (95 %)"), .number("accuracy (95 %)"),
    ])
    for result in analysis.baselines {
      table.add([
        words(result.baseline), figureAndInterval(result.figures?.macroAuroc),
        figureAndInterval(result.figures?.accuracy),
      ])
    }
    return table
  }

  private func cellTable(_ escape: (String) -> String, _ cells: [ClassCell]) -> TextTable {
    var table = TextTable([
      .text("cell"), .number("macro AUROC"), .number("gain (95 %)"), .number("accuracy"),
    ])
    for result in cells {
      table.add([
        escape(result.cell.name), figure(result.figures.macroAuroc?.value),
        figureAndInterval(result.figures.gain, isSigned: true),
        figure(result.figures.accuracy?.value),
      ])
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    methodItems(
      sample: sampleSentence, folds: analysis.sample.folds.map { $0.reduce(0, +) },
      duplicates: analysis.sample.duplicates,
      keepsNearDuplicates: analysis.options.keepsNearDuplicates,
      seed: analysis.options.seed, draws: analysis.options.draws,
      fits: [
        """
        L2 logistic regression of each class against the others, penalty chosen by log loss on the inner \
        folds.
        """,
        "AUROC over pairs within a held-out fold; macro AUROC is the mean over classes.",
        "A decision is the class with the largest log-odds.",
      ])
  }
}
