import ModelFiles
import Probes

extension Chart {
  /// The headlines of several results beside the best that the text alone gives.
  static func headlines(_ rows: [HeadlineRow], measure: Measure) -> Chart {
    let isSigned = measure.isSigned
    var table = PageTable(
      "Headlines",
      [.text("result"), .number("\(measure.words) (95 %)"), .number("best of the text alone")])
    for row in rows {
      table.add([
        PageTable.Cell(row.result),
        PageTable.Cell(figureAndInterval(row.estimate, isSigned: isSigned)),
        PageTable.Cell(
          "\(figure(row.baseline.value, isSigned: isSigned)) (\(row.baseline.name))"),
      ])
    }
    let headlines: [JSONValue] = rows.map { row in
      [
        "result": .shown(row.result), "value": .number(row.estimate?.value),
        "low": .number(row.estimate?.low), "high": .number(row.estimate?.high),
      ]
    }
    let baselines: [JSONValue] = rows.map { row in
      [
        "result": .shown(row.result), "baseline": .string(row.baseline.name),
        "value": .number(row.baseline.value),
      ]
    }
    return Chart(
      name: measure.chartName("headlines"), title: "Headlines",
      caption: """
        \(measure.words.capitalizedAtStart) of each result's headline with its 95 % interval (points), and of the best predictor that \
        sees the text alone (upright strokes).
        """,
      summary: "\(measure.words.capitalizedAtStart): "
        + rows.map { row in
          """
          \(row.result.escapedForTerminal) \(figureAndInterval(row.estimate, isSigned: isSigned)), text \
          alone \(figure(row.baseline.value, isSigned: isSigned))
          """
        }.joined(separator: "; ") + ".",
      data: table, form: .headlines,
      datasets: [
        ("shown", shown(measure.ofGuessing...1)), ("headlines", headlines),
        ("baselines", baselines),
      ], rowCount: rows.count, measure: measure.words)
  }
}

/// One result in a chart of headlines.
struct HeadlineRow: Sendable {
  /// What the result is called.
  let result: String
  /// The headline's figure; nil without a headline.
  let estimate: Estimate?
  /// The best predictor that sees the text alone.
  let baseline: Guide
}
