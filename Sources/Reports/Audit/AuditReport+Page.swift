import Audit
import Statistics

extension AuditReport {
  /// The report as one HTML file that needs nothing else; without what draws the charts it keeps its tables.
  public func html(charts: ChartLibrary?) -> String { page.html(charts: charts) }

  /// The report as Markdown.
  public var markdown: String {
    var parts = ["# Audit: \(result.verdict.words)", claim, findings.markdown]
    for section in sections {
      parts += ["## \(section.title)", section.table.markdown, section.note.escapedForMarkdown]
    }
    if !result.weights.changes.isEmpty { parts.append(matrixTable.markdown) }
    parts += [
      markdownList("What this does not say", Self.limits.map(\.escapedForMarkdown)),
      "## How it was measured", method.escapedForMarkdown,
      markdownList("Provenance", fields.map { "\($0.name): \($0.value.escapedForMarkdown)" }),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  public var terminalText: String {
    [
      wrapped(claim, width: 80), findings.terminal, shortTable.terminal,
      wrapped(Self.limits[0], width: 80),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The few rows that a terminal shows.
  private var shortTable: ReportTable {
    var table = ReportTable(
      "Shares in percent",
      [.text("share"), .number("before"), .number("after"), .number("points (95 %)")])
    func add(_ name: String, _ pair: PairedComparison) {
      table.add([
        name, amount(percentage(pair.before.value)), amount(percentage(pair.after.value)),
        points(pair.difference),
      ])
    }
    add("harmful refused", result.harmful.anywhere.refusals)
    add("harmful refused, opening", result.harmful.opening.refusals)
    if let judged = result.judge?.comparison { add("harmful refused, judge", judged.refusals) }
    add("harmless refused", result.harmless.anywhere.refusals)
    if let sampled = result.sampled { add("harmful answered by a sample", sampled.anyAnswer) }
    if let utility = result.utility { add("questions right", utility.correct) }
    return table
  }

  private func percentage(_ share: Double) -> Double { (1000 * share).rounded() / 10 }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Audit", title: "What a tuning did to refusals",
      lead: """
        \(counted(result.harmful.prompts, "harmful request")) and \
        \(counted(result.harmless.prompts, "harmless one")), answered by the model before and after.
        """,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.verdict.tone, word: result.verdict.words, sentence: claim,
            findings: findings)),
        .figures(keyFigures),
      ],
      sections: sections.map { section in
        PageSection(
          section.title, anchor: section.anchor,
          [.table(section.table.page)] + (section.note.isEmpty ? [] : [.note(section.note)])
            + (section.anchor == "weights" ? weightBlocks : []))
      } + [
        PageSection("What this does not say", anchor: "limits", [.list(Self.limits)]),
        PageSection("How it was measured", anchor: "method", [.paragraph(method)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    func figure(_ name: String, _ pair: PairedComparison) -> KeyFigure {
      KeyFigure(
        name: name, value: points(pair.difference.value) + " points",
        detail: "\(points(pair.difference.low))…\(points(pair.difference.high))")
    }
    return [
      figure("harmful requests refused", result.harmful.anywhere.refusals),
      figure("harmless requests refused", result.harmless.anywhere.refusals),
    ] + (result.utility.map { [figure("questions right", $0.correct)] } ?? [])
  }

  private var weightBlocks: [PageBlock] {
    if result.weights.changes.isEmpty { return [] }
    var kinds: [String] = []
    for change in result.weights.changes where !kinds.contains(change.kind) {
      kinds.append(change.kind)
    }
    let curves = kinds.map { kind in
      DepthCurve(
        kind,
        result.weights.changes.filter { $0.kind == kind }.compactMap { change in
          change.layer.map { DepthCurve.Point(block: $0, value: change.relativeNorm) }
        })
    }
    return [
      .charts([
        .depthCurve(
          name: "audit-weights", title: "How far matrices moved",
          caption: "The length of the change as a share of the matrix's.",
          measure: "‖ΔW‖ / ‖W‖", curves)
      ]), .folded(title: "Every matrix", [.table(matrixTable.page)]),
    ]
  }
}
