import Probes

/// What several results say: a table and charts for each measure, since figures of two measures do not
/// compare.
struct SideBySide: Sendable {
  /// A result and what it is called.
  struct Entry: Sendable {
    let name: String
    let summary: ResultSummary
  }
  private let entries: [Entry]

  init(_ entries: [Entry]) {
    self.entries = entries
  }

  /// The tables and charts.
  var blocks: [PageBlock] {
    let measures = Measure.allCases.filter { measure in
      entries.contains { $0.summary.layers.measure == measure }
    }
    return measures.flatMap { measure -> [PageBlock] in
      let alike = entries.filter { $0.summary.layers.measure == measure }
      return (measures.count > 1 ? [.heading(measure.subject)] : [])
        + [.table(table(of: alike, measure))] + charts(of: alike, measure).map { .charts([$0]) }
    }
  }

  private func table(of entries: [Entry], _ measure: Measure) -> PageTable {
    let hasChances = entries.contains { $0.summary.pValue != nil }
    var table = PageTable(
      "What each result says",
      [
        .text("result"), .text("label"), .text("verdict"), .number("\(measure.words) (95 %)"),
        .number("gain (95 %)"),
      ] + (hasChances ? [.number("p, permuted")] : []) + [.number("prompts"), .number("groups")],
      isSortable: true)
    for entry in entries {
      let summary = entry.summary
      let chances = summary.pValue.map { PageTable.Cell(chance($0), key: $0) } ?? "–"
      table.add(
        [
          PageTable.Cell(entry.name), PageTable.Cell(summary.label),
          PageTable.Cell(summary.verdict),
          .estimate(summary.headline, isSigned: measure.isSigned),
          .estimate(summary.gain, isSigned: true),
        ] + (hasChances ? [chances] : []) + [.count(summary.rows), .count(summary.groups)])
    }
    return table
  }

  private func charts(of entries: [Entry], _ measure: Measure) -> [Chart] {
    var charts: [Chart] = []
    let headlines = entries.compactMap { entry in
      entry.summary.guide.map {
        HeadlineRow(result: entry.name, estimate: entry.summary.headline, baseline: $0)
      }
    }
    if !headlines.isEmpty { charts.append(.headlines(headlines, measure: measure)) }
    let curves = entries.map { $0.summary.layers.referenceCurve(series: $0.name) }
      .filter { $0.points.count > 1 }
    if !curves.isEmpty {
      charts.append(
        .layerCurve(
          name: measure.chartName("layer-curves"), of: "each result's reference position",
          measure: measure, curves,
          guides: [Guide(name: "guessing", value: measure.ofGuessing)], guideWords: "guessing"))
    }
    return charts
  }
}

extension Measure {
  /// What results of this measure are of.
  fileprivate var subject: String {
    switch self {
    case .auroc: "Two classes"
    case .macroAuroc: "Several classes"
    case .rSquared: "Numbers"
    }
  }
}
