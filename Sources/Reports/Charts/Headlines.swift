import ModelFiles
import Probes

extension Chart {
  /// The headlines of several results beside the best that the text alone gives.
  static func headlines(_ rows: [HeadlineRow]) -> Chart {
    var table = PageTable(
      "Headlines", [.text("result"), .number("AUROC (95 %)"), .number("best of the text alone")])
    for row in rows {
      table.add([
        PageTable.Cell(row.result), PageTable.Cell(figureAndInterval(row.auroc)),
        PageTable.Cell("\(figure(row.baseline.auroc)) (\(row.baseline.name))"),
      ])
    }
    let headlines: [JSONValue] = rows.map { row in
      [
        "result": .shown(row.result), "auroc": .number(row.auroc?.value),
        "low": .number(row.auroc?.low), "high": .number(row.auroc?.high),
      ]
    }
    let baselines: [JSONValue] = rows.map { row in
      [
        "result": .shown(row.result), "baseline": .string(row.baseline.name),
        "auroc": .number(row.baseline.auroc),
      ]
    }
    return Chart(
      name: "headlines", title: "Headlines",
      caption: """
        AUROC of each result's headline with its 95 % interval (points), and of the best predictor that \
        sees the text alone (upright strokes).
        """,
      summary: rows.map {
        "\($0.result.escapedForTerminal): \(figureAndInterval($0.auroc)), text alone \(figure($0.baseline.auroc))"
      }.joined(separator: "; ") + ".",
      data: table, form: .headlines,
      datasets: [("headlines", headlines), ("baselines", baselines)], rowCount: rows.count)
  }
}

/// One result in a chart of headlines.
struct HeadlineRow: Sendable {
  /// What the result is called.
  let result: String
  /// The headline's area; nil without a headline.
  let auroc: Estimate?
  /// The best predictor that sees the text alone.
  let baseline: Guide
}
