import Probes

extension ProbeReport {
  /// The report for a terminal, 80 columns wide.
  public var terminalText: String {
    let width = 80
    var baselineTable = TextTable([
      .text("text alone"), .number("AUROC"), .number("95 %"), .number("bal. acc."),
    ])
    for result in analysis.baselines {
      guard let figures = result.figures.finding else { continue }
      baselineTable.add([
        result.baseline.words, figure(figures.auroc?.value), interval(figures.auroc),
        figure(figures.balancedAccuracy?.value),
      ])
    }
    var checkTable = TextTable([.text("could have refuted it"), .text("found")])
    for row in checks(\.escapedForTerminal) where row.figure != "not run" {
      checkTable.add([row.check, row.figure])
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
      wrapped(claim(\.escapedForTerminal), width: width),
      findingLines(width: width),
      baselineTable.lines(width: width),
      cellTable.lines(width: width),
      wrapped(
        """
        \(shown) of \(counted(analysis.cells.count, "cell")), ranked by gain over \
        \(analysis.bestBaseline.words); the ranking itself is optimistic.
        """, width: width),
      checkTable.lines(width: width),
      notRunLine(width: width),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func findingLines(width: Int) -> String {
    findingSentences(\.escapedForTerminal).map { finding in
      wrapped("\(finding.refutes ? "✗" : "•") \(finding.text)", width: width)
    }.joined()
  }

  private func notRunLine(width: Int) -> String {
    let missing = checks(\.escapedForTerminal).filter { $0.figure == "not run" }
      .map { "\($0.check) (\($0.reading))" }
    return missing.isEmpty
      ? "" : wrapped("Not run: \(missing.joined(separator: "; ")).", width: width)
  }
}
