import ModelFiles

/// A figure over the steps of a run.
struct StepCurve: Sendable {
  /// What the legend calls it.
  let series: String
  /// From the first step to the last.
  let points: [Point]
  /// How many steps a point is the mean of.
  let span: Int

  /// A figure after a step.
  struct Point: Sendable, Equatable {
    let step: Int
    let value: Double
  }

  /// Most points of a curve that are drawn; of more, runs of points give one each, their mean.
  private static let pointLimit = 240
  /// Curves of no more points show each of them.
  private static let dottedLimit = 40

  /// A curve through points in the order of their steps; of long curves each point is a mean over a run of
  /// steps, and stands at the last of them.
  init(_ series: String, _ points: [Point]) {
    self.series = series
    span = max(1, (points.count + Self.pointLimit - 1) / Self.pointLimit)
    let span = span
    self.points = stride(from: 0, to: points.count, by: span).map { start in
      let part = points[start..<min(start + span, points.count)]
      return Point(
        step: part.last?.step ?? 0,
        value: part.reduce(0) { $0 + $1.value } / Double(part.count))
    }
  }

  private init(_ series: String, points: [Point], span: Int) {
    self.series = series
    self.points = points
    self.span = span
  }

  /// The curve under another name.
  func named(_ series: String) -> StepCurve {
    StepCurve(series, points: points, span: span)
  }

  fileprivate var rows: [JSONValue] {
    let isDotted = points.count <= Self.dottedLimit
    return points.map { point in
      [
        "series": .shown(series), "step": .number(point.step), "value": .number(point.value),
        "isDotted": .bool(isDotted),
      ]
    }
  }

  fileprivate var words: String {
    guard let first = points.first, let last = points.last else { return "\(series): nothing" }
    return """
      \(series.escapedForTerminal) from \(amount(first.value)) at step \(first.step) to \
      \(amount(last.value)) at step \(last.step)
      """
  }
}

/// Curves of one chart in rows, a row for each step that any of them has.
struct StepTable {
  private let curves: [StepCurve]

  init(_ curves: [StepCurve]) {
    self.curves = curves
  }

  /// What the columns after the step are called.
  var titles: [String] { curves.map(\.series) }

  /// The rows at which the curve with the fewest points has one, so that curves can be compared.
  var fewRows: [(step: Int, values: [Double?])] {
    let rows = rows
    let counts = curves.indices.map { curve in rows.count { $0.values[curve] != nil } }
    guard let fewest = counts.indices.min(by: { counts[$0] < counts[$1] }), counts[fewest] > 1
    else {
      return rows
    }
    return rows.filter { $0.values[fewest] != nil }
  }

  /// A step and a value for each curve, nil where it has none.
  var rows: [(step: Int, values: [Double?])] {
    let byStep = curves.map { curve in
      Dictionary(curve.points.map { ($0.step, $0.value) }, uniquingKeysWith: { $1 })
    }
    return Set(byStep.flatMap(\.keys)).sorted().map { step in (step, byStep.map { $0[step] }) }
  }
}

extension Chart {
  /// Figures over the steps of a run.
  static func stepCurve(
    name: String, title: String, caption: String, measure: String, _ curves: [StepCurve]
  ) -> Chart {
    let steps = StepTable(curves)
    var table = PageTable(title, [.number("step")] + steps.titles.map { .number($0) })
    for row in steps.rows {
      table.add([.count(row.step)] + row.values.map { PageTable.Cell(amount($0), key: $0) })
    }
    let span = curves.map(\.span).max() ?? 1
    return Chart(
      name: name, title: title,
      caption: caption + (span > 1 ? " Points are means of up to \(span) steps." : "")
        + (curves.count > 1 ? " Choose curves in the legend." : ""),
      summary: "Line chart of \(measure) by step. "
        + curves.map(\.words).joined(separator: "; ") + ".",
      data: table, form: .stepCurve, datasets: [("curves", curves.flatMap(\.rows))],
      measure: measure)
  }
}
