import ModelFiles
import Probes

extension Chart {
  /// How well the label is read at each layer: a curve for each series, and predictors to compare with across
  /// the chart.
  static func layerCurve(
    name: String, of what: String, _ curves: [LayerCurve], guides: [Guide],
    guideWords: String = "predictors that see the text alone"
  ) -> Chart {
    var table = PageTable(
      "AUROC by layer, \(what)",
      [
        .text("probe"), .number("layer"), .number("AUROC"), .number("95 %"),
        .number("inner folds"),
      ])
    var rows: [JSONValue] = []
    for curve in curves {
      for point in curve.points {
        rows.append(curve.row(point, on: "held-out folds", value: point.auroc?.value))
        if point.inner != nil {
          rows.append(curve.row(point, on: "inner folds", value: point.inner))
        }
        table.add([
          PageTable.Cell(curve.series), PageTable.Cell("\(point.layer)"),
          PageTable.Cell(figure(point.auroc?.value)), PageTable.Cell(interval(point.auroc)),
          PageTable.Cell(figure(point.inner)),
        ])
      }
    }
    for guide in guides {
      table.add([PageTable.Cell(guide.name), "all", PageTable.Cell(figure(guide.auroc)), "–", "–"])
    }
    return Chart(
      name: name, title: "AUROC by layer, \(what)",
      caption: """
        Solid: held-out folds, with 95 % bands. Dashed: inner folds, by which places are chosen, and so \
        optimistic. Dotted across: \(guideWords). Choose curves in the legend.
        """,
      summary: summary(curves, guides), data: table,
      form: .layerCurve,
      datasets: [
        ("curves", rows), ("baselines", guides.map { ["auroc": .number($0.auroc)] }),
        ("labels", labels(of: guides, beside: curves)),
      ])
  }

  /// Labels of guides stand beside their lines, moved apart where they would run into each other.
  private static func labels(of guides: [Guide], beside curves: [LayerCurve]) -> [JSONValue] {
    let estimates = curves.flatMap(\.points).compactMap(\.auroc)
    let low = (guides.map(\.auroc) + estimates.map(\.low)).reduce(usualRange.lowerBound, min)
    let high = estimates.map(\.high).reduce(usualRange.upperBound, max)
    let lineHeight = (high - low) * lineShare
    var heights: [Double] = []
    let sorted = guides.sorted { ($0.auroc, $0.name) < ($1.auroc, $1.name) }
    for guide in sorted {
      heights.append(max(guide.auroc, heights.last.map { $0 + lineHeight } ?? low))
    }
    let layer = curves.flatMap(\.layers).max() ?? 0
    return zip(sorted, heights).map { guide, height in
      [
        "name": .string(guide.name), "label": .string("\(guide.name) \(figure(guide.auroc))"),
        "height": .number(height), "at": .number(layer),
      ]
    }
  }

  /// The areas that the chart always shows; its specification says the same.
  private static let usualRange = 0.5...0.7
  /// The height of a line of text as a share of the chart's.
  private static let lineShare = 0.046

  private static func summary(_ curves: [LayerCurve], _ guides: [Guide]) -> String {
    let ofCurves = curves.compactMap { curve -> String? in
      guard
        let best = curve.points.max(by: { ($0.auroc?.value ?? 0) < ($1.auroc?.value ?? 0) }),
        let worst = curve.points.min(by: { ($0.auroc?.value ?? 1) < ($1.auroc?.value ?? 1) })
      else { return nil }
      return """
        \(curve.series.escapedForTerminal): from \(figure(worst.auroc?.value)) at layer \(worst.layer) \
        to \(figure(best.auroc?.value)) at layer \(best.layer)
        """
    }
    let ofGuides = guides.map { "\($0.name) \(figure($0.auroc))" }
    return "Line chart of AUROC by layer. \(ofCurves.joined(separator: "; ")). "
      + (ofGuides.isEmpty ? "" : "For comparison: \(ofGuides.joined(separator: ", ")).")
  }
}

/// One curve of a chart over the layers.
struct LayerCurve: Sendable {
  /// A layer's figures.
  struct Point: Sendable {
    let layer: Int
    let auroc: Estimate?
    let inner: Double?
  }
  /// What the legend calls it.
  let series: String
  /// From the first layer to the last.
  let points: [Point]

  fileprivate var layers: [Int] { points.map(\.layer) }

  fileprivate func row(_ point: Point, on curve: String, value: Double?) -> JSONValue {
    [
      "series": .shown(series), "layer": .number(point.layer), "curve": .string(curve),
      "auroc": .number(value), "low": .number(point.auroc?.low), "high": .number(point.auroc?.high),
      "inner": .number(point.inner),
    ]
  }
}

/// A figure to compare with, drawn across a chart.
struct Guide: Sendable {
  let name: String
  let auroc: Double
}
