import Inference
import ModelFiles
import Probes

/// The layers that one criterion points at.
struct RangeBar: Sendable {
  /// What the criterion is called.
  let name: String
  /// The layers; nil where it points at none.
  let range: LayerRange?
  /// What the range marks.
  let how: String
  /// The layer of which it says most.
  let best: Int
  /// Its figure.
  let estimate: Estimate
}

extension Chart {
  /// A bar over the depth for each criterion, and a dot where it says most.
  static func rangeBars(
    name: String, title: String, caption: String, layerCount: Int, _ bars: [RangeBar]
  ) -> Chart {
    var table = PageTable(
      title, [.text("criterion"), .text("layers"), .number("most at"), .number("figure (95 %)")])
    var (ranges, best): ([JSONValue], [JSONValue]) = ([], [])
    for bar in bars {
      table.add([
        PageTable.Cell(bar.name), PageTable.Cell(bar.range.map { "\($0)" } ?? "none"),
        .count(bar.best), .estimate(bar.estimate, isSigned: true),
      ])
      if let range = bar.range {
        ranges.append([
          "criterion": .string(bar.name), "layers": .string("\(range)"), "how": .string(bar.how),
          "from": .number(Double(range.first) - 0.5), "to": .number(Double(range.last) + 0.5),
        ])
      }
      best.append([
        "criterion": .string(bar.name), "layer": .number(bar.best),
        "value": .number(bar.estimate.value), "low": .number(bar.estimate.low),
        "high": .number(bar.estimate.high),
      ])
    }
    let words = bars.map { bar in
      "\(bar.name): layers \(bar.range.map { "\($0)" } ?? "none"), most at \(bar.best)"
    }
    return Chart(
      name: name, title: title, caption: caption,
      summary: "Bars over the layers. \(words.joined(separator: "; ")).", data: table,
      form: .rangeBars,
      datasets: [
        ("depth", [0, layerCount - 1].map { ["layer": .number($0)] }), ("ranges", ranges),
        ("best", best),
      ], rowCount: bars.count)
  }
}
