import ModelFiles
import Probes

/// A figure of a layer and a row of a map.
struct MappedFigure: Sendable {
  let layer: Int
  let row: String
  let estimate: Estimate?
  /// Whether a frame marks it.
  var isMarked = false
}

extension Chart {
  /// A figure for each layer and row.
  static func layerMap(
    name: String, title: String, caption: String, measure: String, _ cells: [MappedFigure]
  ) -> Chart {
    let layers = Set(cells.map(\.layer)).sorted()
    var names: [String] = []
    for cell in cells where !names.contains(cell.row) { names.append(cell.row) }
    var table = PageTable(title, [.number("layer")] + names.map { .number($0) })
    let byPlace = Dictionary(
      cells.map { ("\($0.layer) \($0.row)", $0) }, uniquingKeysWith: { first, _ in first })
    for layer in layers {
      table.add(
        [.count(layer)]
          + names.map { .figure(byPlace["\(layer) \($0)"]?.estimate?.value, isSigned: true) })
    }
    let rows: [JSONValue] = names.flatMap { name in
      layers.compactMap { layer in
        byPlace["\(layer) \(name)"].map { cell in
          [
            "layer": .number(layer), "row": .shown(name), "value": .number(cell.estimate?.value),
            "low": .number(cell.estimate?.low), "high": .number(cell.estimate?.high),
            "isMarked": .bool(cell.isMarked),
          ]
        }
      }
    }
    let known = cells.compactMap { cell in cell.estimate.map { (cell: cell, value: $0.value) } }
    var summary = "Heat map without figures."
    if let best = known.max(by: { $0.value < $1.value }),
      let worst = known.min(by: { $0.value < $1.value })
    {
      func words(_ found: (cell: MappedFigure, value: Double)) -> String {
        "\(figure(found.value, isSigned: true)) at layer \(found.cell.layer), "
          + found.cell.row.escapedForTerminal
      }
      summary = """
        Heat map of \(measure) over \(cells.count) places, from \(words(worst)) to \(words(best)).
        """
    }
    return Chart(
      name: name, title: title, caption: caption, summary: summary, data: table, form: .layerMap,
      datasets: [("cells", rows)], rowCount: names.count, measure: measure)
  }
}
