import ModelFiles
import Probes

/// A figure over moves of a model's weights.
struct MoveCurve: Sendable {
  /// What the legend calls it.
  let series: String
  /// How far weights were moved, and the figure there; from one end to the other.
  let points: [(alpha: Double, estimate: Estimate)]

  /// A curve of the moves that have a figure.
  init(_ series: String, _ curve: [LandscapeMean], _ part: (LandscapeMean) -> Estimate?) {
    self.series = series
    points = curve.compactMap { mean in part(mean).map { (mean.alpha, $0) } }
  }

  fileprivate var words: String {
    guard let first = points.first, let last = points.last else { return "\(series): no figures" }
    let middle = points.first { $0.alpha == 0 }
    return """
      \(series): \(figure(middle?.estimate.value)) unmoved, \(figure(first.estimate.value)) and \
      \(figure(last.estimate.value)) at the ends
      """
  }
}

extension Chart {
  /// Curves over moves with their bands.
  static func moveCurve(
    name: String, title: String, caption: String, measure: String, _ curves: [MoveCurve]
  ) -> Chart {
    var table = PageTable(
      title, [.text("curve"), .number("moved by"), .number(measure), .number("95 %")])
    var rows: [JSONValue] = []
    for curve in curves {
      for point in curve.points {
        table.add([
          PageTable.Cell(curve.series), .figure(point.alpha, isSigned: true),
          .figure(point.estimate.value),
          PageTable.Cell(interval(point.estimate, isSigned: true)),
        ])
        rows.append([
          "series": .string(curve.series), "alpha": .number(point.alpha),
          "value": .number(point.estimate.value), "low": .number(point.estimate.low),
          "high": .number(point.estimate.high),
        ])
      }
    }
    return Chart(
      name: name, title: title, caption: caption,
      summary: "Line chart of \(measure) by move of the weights. "
        + curves.map(\.words).joined(separator: "; ") + ".",
      data: table, form: .moveCurve,
      datasets: [("guides", [["value": .number(0)]]), ("curves", rows)], measure: measure)
  }
}
