import ModelFiles
import Probes

extension Chart {
  /// The area of every layer and position of one site.
  static func heatMap(
    name: String, site: String, _ cells: [CellResult], reference: ProbeCell
  ) -> Chart {
    let layers = Set(cells.map(\.cell.layer)).sorted { ($0 ?? -1) < ($1 ?? -1) }
    var positions: [String] = []
    for cell in cells.map(\.cell) where !positions.contains(cell.position) {
      positions.append(cell.position)
    }
    positions.sort(by: PositionOrder.areInOrder)
    var byPlace: [Place: CellResult] = [:]
    for result in cells { byPlace[Place(result.cell)] = result }

    var table = PageTable(
      "AUROC of logistic regression on held-out folds, \(site)",
      [.text("layer")] + positions.map { .number($0) })
    for layer in layers {
      table.add(
        [PageTable.Cell(layerText(layer))]
          + positions.map { position in
            PageTable.Cell(
              figure(byPlace[Place(layer: layer, position: position)]?.logistic.auroc?.value))
          })
    }
    var rows: [JSONValue] = []
    for position in positions {
      for layer in layers {
        guard let result = byPlace[Place(layer: layer, position: position)] else { continue }
        rows.append([
          "layer": .number(layer ?? -1), "position": .shown(position),
          "auroc": .number(result.logistic.auroc?.value),
          "low": .number(result.logistic.auroc?.low), "high": .number(result.logistic.auroc?.high),
          "gain": .number(result.logistic.gain?.value),
          "isReference": .bool(result.cell == reference),
        ])
      }
    }
    let hasReference = cells.contains { $0.cell == reference }
    return Chart(
      name: "heat-map-\(name)-\(site.asSlug)", title: "AUROC by layer and position, \(site)",
      caption: """
        Logistic regression on held-out folds.\
        \(hasReference ? " The frame marks the reference cell, which the headline chose most often." : "")
        """,
      summary: summary(cells), data: table, form: .heatMap, datasets: [("cells", rows)],
      rowCount: positions.count)
  }

  private static func summary(_ cells: [CellResult]) -> String {
    let known = cells.compactMap { result in
      result.logistic.auroc.map { (name: result.cell.name, auroc: $0.value) }
    }
    guard
      let best = known.max(by: { $0.auroc < $1.auroc }),
      let worst = known.min(by: { $0.auroc < $1.auroc })
    else { return "Heat map without figures." }
    return """
      Heat map of AUROC over \(cells.count) cells, from \(figure(worst.auroc)) at \
      \(worst.name.escapedForTerminal) to \(figure(best.auroc)) at \(best.name.escapedForTerminal).
      """
  }
}

/// A layer and a position of one site.
private struct Place: Hashable {
  let layer: Int?
  let position: String

  init(layer: Int?, position: String) {
    self.layer = layer
    self.position = position
  }

  init(_ cell: ProbeCell) { self.init(layer: cell.layer, position: cell.position) }
}

/// A layer's number, or what stands for a place that has none.
func layerText(_ layer: Int?) -> String { layer.map { "\($0)" } ?? "–" }

/// The order in which positions are listed: by name, and by offset among those of one name.
enum PositionOrder {
  /// Whether one position comes before another.
  static func areInOrder(_ one: String, _ other: String) -> Bool {
    let (first, second) = (key(one), key(other))
    return (first.name, first.offset, one) < (second.name, second.offset, other)
  }

  private static func key(_ position: String) -> (name: String, offset: Int) {
    guard
      let start = position.lastIndex(where: { !$0.isNumber && $0 != "-" && $0 != "]" }),
      let offset = Int(position[position.index(after: start)...].filter { $0 != "]" })
    else { return (position, 0) }
    return (String(position[...start]), offset)
  }
}

extension String {
  /// The text as a part of a link or a file name.
  var asSlug: String {
    String(lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }
}
