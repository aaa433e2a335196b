import Tuning

/// What several runs came to: a table, and their losses in one chart.
struct TuningComparison: Sendable {
  /// A run and what it is called.
  struct Entry: Sendable {
    let name: String
    let run: TunedRun
  }
  private let entries: [Entry]

  init(_ entries: [Entry]) {
    self.entries = entries
  }

  /// The table, the chart and what to keep in mind.
  var blocks: [PageBlock] {
    let chart = lossChart
    return [.table(table)] + (chart.map { [.charts([$0])] } ?? []) + [
      .note(
        """
        Held-out losses compare where the held-out examples are the same; a difference between two rows has \
        no interval here, and another seed may turn it.
        """)
    ]
  }

  private var table: PageTable {
    var table = PageTable(
      "What each run came to",
      [
        .text("run"), .text("strategy"), .text("trained"), .number("held-out loss before"),
        .number("held-out loss after"), .number("lowest"), .number("training loss at the end"),
        .number("steps"), .number("seconds per step"),
      ], isSortable: true)
    for entry in entries {
      let (run, outcome) = (entry.run, entry.run.report.outcome)
      let pace = run.pace?.secondsPerStep
      table.add([
        PageTable.Cell(entry.name), PageTable.Cell(run.words.name), PageTable.Cell(run.methodName),
        .figure(outcome.evaluations.first?.loss), .figure(run.finalEvaluation?.loss),
        .figure(outcome.best?.loss), .figure(run.trainingLoss?.last), .count(outcome.steps),
        PageTable.Cell(amount(pace), key: pace),
      ])
    }
    return table
  }

  /// Held-out losses where every run has some, or else training losses.
  private var lossChart: Chart? {
    let heldOut = entries.map { ($0.name, $0.run.lossCurve(.heldOut)) }
    let isHeldOut = heldOut.allSatisfy { $0.1 != nil }
    let found = isHeldOut ? heldOut : entries.map { ($0.name, $0.run.lossCurve(.task)) }
    let curves = found.compactMap { name, curve in curve.map { $0.named(name) } }
    guard !curves.isEmpty else { return nil }
    let what = isHeldOut ? "held-out loss" : "training loss"
    return .stepCurve(
      name: "losses", title: "\(what.capitalizedAtStart) over the steps",
      caption: "A curve for each run.", measure: "\(what) (nats)", curves)
  }
}
