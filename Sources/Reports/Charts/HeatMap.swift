import ModelFiles
import Probes

extension Chart {
  /// The figure of every layer and position of one site.
  static func heatMap(
    name: String, site: String, measure: Measure, of probe: String, _ cells: [PlacedFigure],
    reference: ProbeCell?
  ) -> Chart {
    let layers = Set(cells.map(\.cell.layer)).sorted { ($0 ?? -1) < ($1 ?? -1) }
    var positions: [String] = []
    for cell in cells.map(\.cell) where !positions.contains(cell.position) {
      positions.append(cell.position)
    }
    positions.sort(by: PositionOrder.areInOrder)
    var byPlace: [Place: PlacedFigure] = [:]
    for result in cells { byPlace[Place(result.cell)] = result }

    var table = PageTable(
      "\(measure.words.capitalizedAtStart) of \(probe) on held-out folds, \(site)",
      [.text("layer")] + positions.map { .number($0) })
    for layer in layers {
      table.add(
        [PageTable.Cell(layerText(layer))]
          + positions.map { position in
            PageTable.Cell(
              figure(
                byPlace[Place(layer: layer, position: position)]?.estimate?.value,
                isSigned: measure.isSigned))
          })
    }
    var rows: [JSONValue] = []
    for position in positions {
      for layer in layers {
        guard let result = byPlace[Place(layer: layer, position: position)] else { continue }
        rows.append([
          "layer": .number(layer ?? -1), "position": .shown(position),
          "value": .number(result.estimate?.value), "low": .number(result.estimate?.low),
          "high": .number(result.estimate?.high), "gain": .number(result.gain?.value),
          "isReference": .bool(result.cell == reference),
        ])
      }
    }
    let hasReference = cells.contains { $0.cell == reference }
    return Chart(
      name: "heat-map-\(name)-\(site.asSlug)",
      title: "\(measure.words.capitalizedAtStart) by layer and position, \(site)",
      caption: """
        \(probe.capitalizedAtStart) on held-out folds.\
        \(hasReference ? " The frame marks the reference cell, which the headline chose most often." : "")
        """,
      summary: summary(measure, cells), data: table, form: .heatMap, datasets: [("cells", rows)],
      rowCount: positions.count, measure: measure.words)
  }

  private static func summary(_ measure: Measure, _ cells: [PlacedFigure]) -> String {
    let known = cells.compactMap { result in
      result.estimate.map { (name: result.cell.name.escapedForTerminal, value: $0.value) }
    }
    guard
      let best = known.max(by: { $0.value < $1.value }),
      let worst = known.min(by: { $0.value < $1.value })
    else { return "Heat map without figures." }
    let text = { (value: Double) in figure(value, isSigned: measure.isSigned) }
    return """
      Heat map of \(measure.words) over \(cells.count) cells, from \(text(worst.value)) at \
      \(worst.name) to \(text(best.value)) at \(best.name).
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
  /// The text with its first letter in upper case.
  var capitalizedAtStart: String { prefix(1).uppercased() + dropFirst() }

  /// The text as a part of a link or a file name.
  var asSlug: String {
    String(lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }
}
