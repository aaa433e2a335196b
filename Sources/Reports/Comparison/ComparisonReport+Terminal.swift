import Activations

extension ComparisonReport {
  private static let width = 80

  /// The report for a terminal, 80 columns wide.
  public var terminalText: String {
    let parts = [captures, sample, figures, legend].filter { !$0.isEmpty }
    return parts.joined(separator: "\n")
  }

  /// The two files and everything in which their captures differ.
  private var captures: String {
    let fields = comparison.differences.map(\.field) + ["file"]
    let room = (Self.width - (fields.map(\.count).max() ?? 0) - 4) / 2
    var table = TextTable([.text(""), .text("first"), .text("second")])
    table.add(
      ["file"]
        + [comparison.first, comparison.second].map {
          $0.path.escapedForTerminal.shortened(to: room, keeping: .end)
        })
    for difference in comparison.differences {
      table.add(
        [difference.field]
          + [difference.first, difference.second].map {
            ($0 ?? "none").escapedForTerminal.shortened(to: room, keeping: .start)
          })
    }
    let lines = table.lines(width: Self.width)
    return comparison.differences.isEmpty
      ? lines + "Both captures depend on the same model, prompts and choices.\n" : lines
  }

  /// Which rows the figures are of, and what they leave out.
  private var sample: String {
    let (first, second) = (comparison.first, comparison.second)
    var notes = [
      """
      Compared: \(counted(comparison.rowCount, "row")) of \
      \(counted(comparison.promptCount, "prompt")) at each site and layer.
      """
    ]
    if comparison.leftOutRowCount > 0 {
      notes.append(
        """
        Left out: \(counted(comparison.leftOutRowCount, "row")) of prompts with values that are not \
        finite (\(first.nonFinitePromptCount) in the first, \(second.nonFinitePromptCount) in the \
        second).
        """)
    }
    if comparison.comparedUnitCount < comparison.unitCount {
      notes.append(
        """
        Unfinished: \(comparison.comparedUnitCount) of \(counted(comparison.unitCount, "unit")) of 64 \
        prompts are written in both (\(first.writtenUnitCount) in the first, \
        \(second.writtenUnitCount) in the second); the others are not compared.
        """)
    }
    for (name, side) in [("first", first), ("second", second)] where !side.onlyHere.isEmpty {
      let shown = side.onlyHere.prefix(8).map(\.escapedForTerminal).joined(separator: ", ")
      let more = side.onlyHere.count > 8 ? " and \(side.onlyHere.count - 8) more" : ""
      notes.append("Only in the \(name): \(shown)\(more).")
    }
    return notes.map { wrapped($0, width: Self.width) }.joined()
  }

  private var figures: String {
    var table = TextTable([
      .text("site and layer"), .number("cosine"), .number("worst"), .number("error"),
      .number("worst"), .text("of prompt"), .number("at"),
    ])
    for dataset in comparison.datasets {
      guard let figures = dataset.figures else { continue }
      let worst = figures.worstError
      let prompt = worst.prompt.escapedForTerminal.shortened(to: 14, keeping: .end)
      let position = worst.position < 0 ? "mean" : "\(worst.position)"
      table.add(
        [
          dataset.name.escapedForTerminal, cosineText(figures.meanCosine),
          cosineText(figures.worstCosine.value), errorText(figures.relativeError),
          errorText(worst.value),
        ] + (worst.value == 0 ? ["–", "–"] : [prompt, position]))
    }
    return comparison.rowCount > 0 ? table.lines(width: Self.width) : ""
  }

  private var legend: String {
    guard comparison.rowCount > 0 else { return "" }
    return wrapped(
      """
      Cosine: mean over the rows, and the smallest. Error: RMS of the difference over RMS of the first, \
      over all rows, and of the row where it is largest, with that row's prompt and position.
      """, width: Self.width)
  }
}
