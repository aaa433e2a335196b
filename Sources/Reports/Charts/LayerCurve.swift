import ModelFiles
import Probes

extension Chart {
  /// How well the label is read at each layer: a curve for each series, and predictors to compare with across
  /// the chart.
  static func layerCurve(
    name: String, of what: String, measure: Measure = .auroc, _ curves: [LayerCurve],
    guides: [Guide], guideWords: String = "predictors that see the text alone"
  ) -> Chart {
    let hasInner = curves.contains { $0.points.contains { $0.inner != nil } }
    var table = PageTable(
      "\(measure.words.capitalizedAtStart) by layer, \(what)",
      [.text("probe"), .number("layer"), .number(measure.words), .number("95 %")]
        + (hasInner ? [.number("inner folds")] : []))
    var rows: [JSONValue] = []
    for curve in curves {
      for point in curve.points {
        rows.append(curve.row(point, on: "held-out folds", value: point.estimate?.value))
        if point.inner != nil {
          rows.append(curve.row(point, on: "inner folds", value: point.inner))
        }
        table.add(
          [
            PageTable.Cell(curve.series), PageTable.Cell("\(point.layer)"),
            PageTable.Cell(figure(point.estimate?.value, isSigned: measure.isSigned)),
            PageTable.Cell(interval(point.estimate, isSigned: measure.isSigned)),
          ] + (hasInner ? [PageTable.Cell(figure(point.inner))] : []))
      }
    }
    for guide in guides {
      table.add(
        [
          PageTable.Cell(guide.name), "all",
          PageTable.Cell(figure(guide.value, isSigned: measure.isSigned)), "–",
        ] + (hasInner ? ["–"] : []))
    }
    return Chart(
      name: name, title: "\(measure.words.capitalizedAtStart) by layer, \(what)",
      caption: """
        Solid: held-out folds, with 95 % bands.\
        \(hasInner ? " Dashed: inner folds, by which places are chosen, and so optimistic." : "") \
        Dotted across: \(guideWords). Choose curves in the legend.
        """,
      summary: summary(measure, curves, guides), data: table,
      form: .layerCurve,
      datasets: [
        ("shown", shown(measure.usualRange)), ("curves", rows),
        ("baselines", guides.map { ["value": .number($0.value)] }),
        ("labels", labels(of: guides, beside: curves, measure)),
      ], measure: measure.words)
  }

  /// Values that an axis always shows.
  static func shown(_ range: ClosedRange<Double>) -> [JSONValue] {
    [range.lowerBound, range.upperBound].map { ["value": .number($0)] }
  }

  /// Labels of guides stand beside their lines, moved apart where they would run into each other.
  private static func labels(
    of guides: [Guide], beside curves: [LayerCurve], _ measure: Measure
  ) -> [JSONValue] {
    let estimates = curves.flatMap(\.points).compactMap(\.estimate)
    let low = (guides.map(\.value) + estimates.map(\.low))
      .reduce(measure.usualRange.lowerBound, min)
    let high = estimates.map(\.high).reduce(measure.usualRange.upperBound, max)
    let lineHeight = (high - low) * lineShare
    var heights: [Double] = []
    let sorted = guides.sorted { ($0.value, $0.name) < ($1.value, $1.name) }
    for guide in sorted {
      heights.append(max(guide.value, heights.last.map { $0 + lineHeight } ?? low))
    }
    let layer = curves.flatMap(\.layers).max() ?? 0
    return zip(sorted, heights).map { guide, height in
      [
        "name": .string(guide.name),
        "label": .string("\(guide.name) \(figure(guide.value, isSigned: measure.isSigned))"),
        "height": .number(height), "at": .number(layer),
      ]
    }
  }

  /// The height of a line of text as a share of the chart's.
  private static let lineShare = 0.046

  private static func summary(
    _ measure: Measure, _ curves: [LayerCurve], _ guides: [Guide]
  ) -> String {
    let text = { (value: Double) in figure(value, isSigned: measure.isSigned) }
    let ofCurves = curves.compactMap { curve -> String? in
      let known = curve.points.compactMap { point in
        point.estimate.map { (layer: point.layer, value: $0.value) }
      }
      guard
        let best = known.max(by: { $0.value < $1.value }),
        let worst = known.min(by: { $0.value < $1.value })
      else { return nil }
      return """
        \(curve.series.escapedForTerminal): from \(text(worst.value)) at layer \(worst.layer) \
        to \(text(best.value)) at layer \(best.layer)
        """
    }
    let ofGuides = guides.map { "\($0.name) \(text($0.value))" }
    return "Line chart of \(measure.words) by layer. \(ofCurves.joined(separator: "; ")). "
      + (ofGuides.isEmpty ? "" : "For comparison: \(ofGuides.joined(separator: ", ")).")
  }
}

/// One curve of a chart over the layers.
struct LayerCurve: Sendable {
  /// A layer's figures.
  struct Point: Sendable {
    let layer: Int
    let estimate: Estimate?
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
      "value": .number(value), "low": .number(point.estimate?.low),
      "high": .number(point.estimate?.high), "inner": .number(point.inner),
    ]
  }
}

/// A figure to compare with, drawn across a chart.
struct Guide: Sendable {
  let name: String
  let value: Double
}
