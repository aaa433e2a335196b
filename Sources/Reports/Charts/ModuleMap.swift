import ModelFiles
import Tuning

extension Chart {
  /// How far each module of each layer moved, as a share of its weights.
  static func moduleMap(_ run: TunedRun, name: String) -> Chart {
    let modules = run.updatesByModule
    let layers = Set(run.report.updates.map(\.layer)).sorted { ($0 ?? -1) < ($1 ?? -1) }
    var table = PageTable(
      "‖ΔW‖ / ‖W‖ in percent", [.text("layer")] + modules.map { .number($0.module) })
    for layer in layers {
      table.add(
        [PageTable.Cell(layerText(layer))]
          + modules.map { _, updates in
            let share = updates.first { $0.layer == layer }?.relative
            return PageTable.Cell(amount(share.map { 100 * $0 }), key: share)
          })
    }
    let rows: [JSONValue] = modules.flatMap { module, updates in
      updates.map { update in
        [
          "module": .shown(module), "layer": .number(update.layer ?? -1),
          "value": .number(update.relative), "update": .number(update.updateNorm),
          "weight": .number(update.weightNorm),
        ]
      }
    }
    let sorted = run.sortedUpdates
    func words(_ update: UpdateNorm?) -> String {
      guard let update else { return "nowhere" }
      let place = "\(update.kind.escapedForTerminal) of layer \(layerText(update.layer))"
      return "\(percent(update.relative ?? 0)) in \(place)"
    }
    return Chart(
      name: "update-map-\(name)", title: "How far each module moved",
      caption: """
        The Frobenius norm of each weight's change as a share of the weight's own before tuning, ‖ΔW‖ / ‖W‖.
        """,
      summary: """
        Heat map of the relative update of \(counted(sorted.count, "weight")), from \
        \(words(sorted.last)) to \(words(sorted.first)).
        """,
      data: table, form: .moduleMap, datasets: [("modules", rows)], rowCount: modules.count,
      measure: "relative update")
  }
}
