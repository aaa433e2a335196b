import ModelFiles
import Probes

extension Chart {
  /// What prompts of each class were decided to be.
  static func confusion(_ counts: [[Int]], names: [String], of whose: String, name: String) -> Chart
  {
    var table = PageTable(
      "Prompts by class and decision", [.text("class")] + names.map { .number("decided \($0)") })
    var rows: [JSONValue] = []
    for (truth, decisions) in counts.enumerated() {
      table.add([PageTable.Cell(names[truth])] + decisions.map { PageTable.Cell("\($0)") })
      let total = decisions.reduce(0, +)
      for (decision, count) in decisions.enumerated() {
        rows.append([
          "truth": .shown(names[truth]), "decision": .shown(names[decision]),
          "count": .number(count),
          "share": .number(total == 0 ? nil : Double(count) / Double(total)),
        ])
      }
    }
    let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
    let all = counts.joined().reduce(0, +)
    return Chart(
      name: "confusion-\(name)", title: "What prompts of each class were decided to be",
      caption: """
        Prompts of each class (rows) by what \(whose) decided (columns), the class with the largest score. \
        Shades are shares of a row; right decisions lie on the diagonal.
        """,
      summary: """
        Matrix of decisions: \(right) of \(counted(all, "prompt")) right. \
        \(counts.indices.map { truth in
          """
          \(names[truth].escapedForTerminal): \(counts[truth][truth]) of \
          \(counts[truth].reduce(0, +))
          """
        }.joined(separator: "; ")).
        """, data: table, form: .confusion, datasets: [("decisions", rows)],
      rowCount: names.count)
  }
}
