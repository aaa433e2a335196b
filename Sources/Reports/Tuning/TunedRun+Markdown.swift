import Tuning

extension TunedRun {
  /// The run as a page of Markdown.
  public var markdown: String { escaped { $0.escapedForMarkdown }.sections }

  /// Most rows of a table over the steps.
  private static let stepLimit = 20

  private var sections: String {
    let notes = findings.map { "- \($0)" }.joined(separator: "\n")
    return [
      "# Tuning report: \(subject)", lead, "**\(ending).** \(claim)", notes,
      steps("Loss over the steps", lossCurves), pace?.sentence ?? "",
      steps("Learning rate over the steps", rateCurves),
      "## Tensors of one rate",
      table(Self.groupTitles, texts: 2, groupRows),
      "## What the strategy did", words.sentence,
      counterRows.isEmpty ? "" : table(Self.counterTitles, texts: 1, counterRows),
      counterCharts.map { steps($0.chart.title, $0.curves) }.joined(separator: "\n\n"),
      updates,
      list("Choices", fields), list("Provenance", provenance),
    ].map { String($0.reversed().drop { $0 == "\n" }.reversed()) }.filter { !$0.isEmpty }
      .joined(separator: "\n\n") + "\n"
  }

  private func table(_ titles: [String], texts: Int, _ rows: [[String]]) -> String {
    var table = TextTable(titles.enumerated().map { $0 < texts ? .text($1) : .number($1) })
    for row in rows { table.add(row) }
    return table.markdown
  }

  private func steps(_ title: String, _ curves: [StepCurve]) -> String {
    guard !curves.isEmpty else { return "" }
    let steps = StepTable(curves)
    let rows = steps.fewRows.thinned(to: Self.stepLimit).map { row in
      ["\(row.step)"] + row.values.map { amount($0) }
    }
    let cut = steps.rows.count > rows.count ? "\nThe page has more of the steps." : ""
    return "## \(title)\n\n"
      + table(["step"] + steps.titles, texts: 0, rows) + cut
  }

  /// A row for each kind of module: the smallest, the mean and the largest of its layers.
  private var updates: String {
    guard !report.updates.isEmpty else { return "" }
    let rows = updatesByModule.map { module, updates in
      let shares = updates.compactMap(\.relative)
      let largest = updates.max { ($0.relative ?? -1) < ($1.relative ?? -1) }
      let mean = shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
      return [
        shown(module), "\(updates.count)", amount(shares.min()), amount(mean), amount(shares.max()),
        layerText(largest?.layer),
      ]
    }
    return "## How far the weights moved\n\n"
      + table(
        ["module", "weights", "smallest ‖ΔW‖ / ‖W‖", "mean", "largest", "in layer"], texts: 1, rows)
  }

  private func list(_ title: String, _ fields: [(name: String, value: String)]) -> String {
    markdownList(title, fields.map { "\($0.name): \($0.value)" })
  }
}
