public import Probes

extension OutcomeReport where Analysis == RegressionAnalysis {
  /// The report as a page of Markdown.
  public var markdown: String {
    [
      "# Probe report: the number \(origin.labelColumn.escapedForMarkdown)", headline, choices,
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
    baseline.words(constant: "the mean")
  }

  /// How many prompts there are, and what their numbers are like.
  var sampleSentence: String {
    let sample = analysis.sample
    return """
      \(counted(sample.rows, "prompt")) in \(counted(sample.groups, "group")), mean \
      \(amount(sample.mean)), standard deviation \(amount(sample.standardDeviation))
      """
  }

  /// What may be said.
  var claim: OutcomeClaim {
    OutcomeClaim(
      hasHeadline: analysis.headline?.figures.rSquared != nil,
      gain: analysis.headline?.figures.gain, obstacles: analysis.obstacles)
  }

  private var headline: String {
    [claimSentence, claim.warning].compactMap { $0 }.joined(separator: " ")
  }

  /// The one sentence to quote: the claim, or why there is none.
  var claimSentence: String {
    guard let figures = analysis.headline?.figures, let rSquared = figures.rSquared else {
      return refusal(analysis.obstacles)
    }
    let best = analysis.baselines.first { $0.baseline == analysis.bestBaseline }
    let found =
      switch claim {
      case .decodes:
        "A linear probe at a place chosen inside each training part decodes the number with"
      case .notShown, .tooSmall, .nothingChosen:
        """
        Not shown: that a linear probe decodes the number. At a place chosen inside each training part, it \
        has
        """
      }
    return """
      \(found) R² \(figureAndInterval(rSquared, isSigned: true)) and Spearman's correlation \
      \(figureAndInterval(figures.spearman)): \(sampleSentence). That is \
      \(figureAndInterval(figures.gain, isSigned: true)) of R² against \
      \(words(analysis.bestBaseline)) with \(figureAndInterval(best?.figures?.rSquared, isSigned: true)), the best \
      predictor that sees the text alone.
      """
  }

  private var choices: String? {
    analysis.headline.map {
      "## Chosen inside each training part\n\n" + choiceTable($0.choices, by: "R²")
    }
  }

  private var baselineTable: TextTable {
    var table = TextTable([
      .text("text alone"), .number("R² (95 %)"), .number("Spearman"), .number("mean error"),
    ])
    for result in analysis.baselines {
      table.add([
        words(result.baseline), figureAndInterval(result.figures?.rSquared, isSigned: true),
        figure(result.figures?.spearman?.value), amount(result.figures?.meanAbsoluteError?.value),
      ])
    }
    return table
  }

  private func cellTable(_ escape: (String) -> String, _ cells: [RegressionCell]) -> TextTable {
    var table = TextTable([
      .text("cell"), .number("R²"), .number("gain (95 %)"), .number("Spearman"),
      .number("mean error"),
    ])
    for result in cells {
      table.add([
        escape(result.cell.name), figure(result.figures.rSquared?.value, isSigned: true),
        figureAndInterval(result.figures.gain, isSigned: true),
        figure(result.figures.spearman?.value), amount(result.figures.meanAbsoluteError?.value),
      ])
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    methodItems(
      sample: sampleSentence, folds: analysis.sample.folds,
      duplicates: analysis.sample.duplicates,
      keepsNearDuplicates: analysis.options.keepsNearDuplicates, seed: analysis.options.seed,
      draws: analysis.options.draws,
      fits: [
        """
        Ridge regression on components standardised in the training part, penalty chosen by squared \
        error on the inner folds as a share of the mean eigenvalue of the Gram matrix.
        """,
        """
        R² is against the mean of all prompts; Spearman's correlation is of ranks within a held-out fold; \
        the mean error is in the label's unit.
        """,
      ])
  }
}
