import Probes

extension ProbeReport {
  /// The report for a terminal, 80 columns wide.
  public var terminalText: String {
    let width = 80
    var baselineTable = TextTable([
      .text("text alone"), .number("AUROC"), .number("95 %"), .number("bal. acc."),
    ])
    for result in analysis.baselines {
      baselineTable.add([
        result.baseline.words, figure(result.figures?.auroc?.value),
        interval(result.figures?.auroc), figure(result.figures?.balancedAccuracy?.value),
      ])
    }
    var cellTable = TextTable([
      .text("cell"), .number("AUROC"), .number("95 %"), .number("gain"), .number("95 %"),
      .number("mass-mean"),
    ])
    for result in analysis.cells.prefix(10) {
      cellTable.add([
        result.cell.name.escapedForTerminal, figure(result.logistic.auroc?.value),
        interval(result.logistic.auroc), figure(result.logistic.gain?.value, isSigned: true),
        interval(result.logistic.gain, isSigned: true), figure(result.massMean.auroc?.value),
      ])
    }
    let shown = min(10, analysis.cells.count)
    return [
      wrapped("Probes for \(labelMeaning(\.escapedForTerminal)): \(sampleSentence)", width: width),
      wrapped(headline(\.escapedForTerminal), width: width),
      baselineTable.lines(width: width),
      cellTable.lines(width: width),
      wrapped(
        """
        \(shown) of \(counted(analysis.cells.count, "cell")), ranked by gain over \
        \(analysis.bestBaseline.words); the ranking itself is optimistic.
        """, width: width),
    ].joined(separator: "\n")
  }
}
