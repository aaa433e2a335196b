import Inference
import ModelFiles
import Probes

/// A figure over the blocks of a model.
struct DepthCurve: Sendable {
  /// One block's figure.
  struct Point: Sendable {
    let block: Int
    let value: Double
    /// Its interval, where there is one.
    var interval: ClosedRange<Double>?
  }

  /// What the legend calls it.
  let series: String
  /// From the first block to the last.
  let points: [Point]

  init(_ series: String, _ points: [Point]) {
    self.series = series
    self.points = points
  }

  /// A curve with an interval at every block, from block 0 on.
  init(_ series: String, _ estimates: [Estimate]) {
    self.init(
      series,
      estimates.enumerated().map { block, estimate in
        Point(block: block, value: estimate.value, interval: estimate.low...estimate.high)
      })
  }

  /// A curve without intervals, from block 0 on.
  init(_ series: String, values: [Double]) {
    self.init(series, values.enumerated().map { Point(block: $0, value: $1) })
  }

  fileprivate var rows: [JSONValue] {
    points.map { point in
      [
        "series": .shown(series), "block": .number(point.block), "value": .number(point.value),
        "low": .number(point.interval?.lowerBound), "high": .number(point.interval?.upperBound),
      ]
    }
  }
}

/// Blocks that stand out in a chart over depth.
struct DepthRange: Sendable {
  /// What they are called.
  let label: String
  /// The blocks.
  let layers: LayerRange
}

extension Chart {
  /// A figure over the blocks: curves with their bands, ranges shaded, zero drawn across.
  ///
  /// - Parameters:
  ///   - name: what the chart is called in files and links.
  ///   - title: what it shows.
  ///   - caption: how to read it.
  ///   - measure: what is measured, with its unit.
  ///   - axis: what the curves go over, where that is something else.
  ///   - curves: the curves.
  ///   - ranges: blocks to shade.
  ///   - guides: values to draw across.
  /// - Returns: the chart, with its numbers as a table.
  static func depthCurve(
    name: String, title: String, caption: String, measure: String, axis: String = "block",
    _ curves: [DepthCurve], ranges: [DepthRange] = [], guides: [Double] = []
  ) -> Chart {
    var table = PageTable(
      title, [.text("curve"), .number(axis), .number(measure), .number("95 %")])
    for curve in curves {
      for point in curve.points {
        table.add([
          PageTable.Cell(curve.series), .count(point.block), .figure(point.value),
          PageTable.Cell(
            point.interval.map { "\(figure($0.lowerBound))…\(figure($0.upperBound))" } ?? "–"),
        ])
      }
    }
    let words = curves.compactMap { curve -> String? in
      guard let best = curve.points.max(by: { $0.value < $1.value }),
        let worst = curve.points.min(by: { $0.value < $1.value })
      else { return nil }
      return """
        \(curve.series.escapedForTerminal): from \(figure(worst.value)) at \(axis) \(worst.block) to \
        \(figure(best.value)) at \(axis) \(best.block)
        """
    }
    let shaded = ranges.map { "Shaded: \($0.label), blocks \($0.layers)." }
    return Chart(
      name: name, title: title, caption: ([caption] + shaded).joined(separator: " "),
      summary: "Line chart of \(measure) by \(axis). \(words.joined(separator: "; ")).",
      data: table,
      form: .depthCurve,
      datasets: [
        ("shown", guides.map { ["value": .number($0)] }), ("curves", curves.flatMap(\.rows)),
        (
          "ranges",
          ranges.map { range in
            [
              "label": .shown(range.label), "from": .number(Double(range.layers.first) - 0.5),
              "to": .number(Double(range.layers.last) + 0.5),
            ]
          }
        ),
        ("guides", guides.map { ["value": .number($0)] }),
      ], measure: measure, axis: axis)
  }
}
