import Tuning

extension TunedRun {
  /// What a person wants to know at the end of a run.
  ///
  /// - Parameter folder: the run's folder.
  /// - Returns: a few lines.
  public func terminalText(folder: String) -> String {
    let outcome = report.outcome
    let escaped = escaped { $0.escapedForTerminal }
    var lines = [
      """
      \(folder.escapedForTerminal): \(outcome.steps) steps with the strategy \(outcome.strategy.escapedForTerminal) on \
      \(report.training.examples) examples, \(outcome.targets) of \(outcome.tokens) tokens with loss; last \
      loss \(amount(outcome.lastLoss)).
      """
    ]
    if let first = outcome.evaluations.first, let last = finalEvaluation {
      lines.append("Held-out loss: \(amount(first.loss)) before, \(amount(last.loss)) after.")
    }
    lines += escaped.findings
    if let pace { lines.append(pace.sentence.capitalizedAtStart) }
    let weights = report.weights.map { "\($0)/, " } ?? ""
    lines.append("Wrote \(weights)report.html, report.md, log.jsonl and result.json.")
    return lines.map { wrapped($0, width: 80) }.joined().trimmedAtEnd
  }
}

extension String {
  fileprivate var trimmedAtEnd: String { String(reversed().drop { $0 == "\n" }.reversed()) }
}
