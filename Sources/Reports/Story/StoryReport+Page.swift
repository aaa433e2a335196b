extension StoryReport {
  /// The story as one HTML file that needs nothing else; without what draws the charts it keeps its tables.
  ///
  /// - Parameters:
  ///   - measurements: what every step is called, and its folder; they follow the findings.
  ///   - charts: what draws the charts.
  /// - Returns: the page.
  /// - Throws: an error for a step's result that is missing or damaged.
  public func html(
    measurements: [(name: String, folder: String)], charts: ChartLibrary?
  ) throws -> String {
    var page = page
    let sections = try measurements.enumerated().map { index, step in
      let file = try ResultFile(path: step.folder)
      return file.result.repeatable.section(
        named: step.name.capitalizedAtStart, anchor: "step-\(index + 1)", tokens: file.tokens)
    }
    page.sections.insert(contentsOf: sections, at: 1)
    return page.html(charts: charts)
  }

  /// The story as Markdown.
  public var markdown: String {
    let tables = arms.map { table(of: $0) } + (between.isEmpty ? [] : [betweenTable])
    return
      (["# Story: \(verdictWord)", claim, found.markdown]
      + tables.flatMap { ["## \($0.caption)", $0.markdown] }
      + [
        omissions.isEmpty
          ? ""
          : markdownList(
            "Not run", omissions.map { "\($0.what): \($0.reason).".escapedForMarkdown }),
        markdownList("What this does not say", Self.limits),
        markdownList("How it was measured", StoryMeasure.explanations.map(\.escapedForMarkdown)),
        "Every step is a command that may be run by itself; DIR is the story's folder.",
        "```sh\n\(commands.joined(separator: "\n"))\n```",
        markdownList("Provenance", fields.map { "\($0.name): \($0.value.escapedForMarkdown)" }),
      ]).filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The story for a terminal, 80 columns wide.
  public var terminalText: String {
    ([wrapped(claim, width: 80), found.terminal]
      + arms.flatMap { [$0.name.capitalizedAtStart + ":", table(of: $0).terminal] }
      + omissions.map { wrapped("\($0.what): not run, \($0.reason).", width: 80) })
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The findings alone, as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Story", title: "What tuning did to safety",
      lead: "One model before and after \(arms.map(\.name).joined(separator: " and ")).",
      opening: [
        .verdict(
          PageVerdict(tone: tone, word: verdictWord, sentence: claim, findings: found)),
        .figures(keyFigures),
      ],
      sections: [
        PageSection(
          "Before and after, paired", anchor: "findings",
          arms.map { .table(table(of: $0).page) }
            + (between.isEmpty ? [] : [.table(betweenTable.page)])
            + omissions.map { .notRun(what: $0.what, needs: $0.reason) }),
        PageSection("What this does not say", anchor: "limits", [.list(Self.limits)]),
        PageSection(
          "How it was measured", anchor: "method",
          [
            .list(StoryMeasure.explanations),
            .paragraph(
              "Every step is a command that may be run by itself; DIR is the story's folder:"),
            .list(commands),
          ]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    arms.compactMap { arm in
      arm.figures.first { $0.measure == .harmfulRefused }.flatMap { figure in
        figure.change.map { change in
          KeyFigure(
            name: "harmful requests refused, \(arm.name)", value: "\(points(change.value)) points",
            detail: "\(points(change.low))…\(points(change.high))")
        }
      }
    }
  }

  private func table(of arm: StoryArmFigures) -> ReportTable {
    Self.table("\(arm.name.capitalizedAtStart), \(counted(arm.steps, "step"))", arm.figures)
  }

  /// What could not be measured, and why.
  private var omissions: [(what: String, reason: String)] {
    arms.flatMap { arm in
      arm.omitted.map {
        ("\($0.measure.title.capitalizedAtStart) of \(arm.name)", $0.reason)
      }
    }
  }

  private var betweenTable: ReportTable {
    Self.table("\(arms[1].name.capitalizedAtStart) against \(arms[0].name)", between)
  }

  private static func table(_ caption: String, _ figures: [StoryFigure]) -> ReportTable {
    var table = ReportTable(
      caption,
      [
        .text("measure"), .number("before"), .number("after"), .number("change (95 %)"),
        .number("of"), .text("finding"),
      ])
    for figure in figures {
      table.add([
        figure.measure.title, figure.measure.text(figure.before),
        figure.measure.text(figure.after), figure.measure.text(figure.change), "\(figure.count)",
        figure.finding.words,
      ])
    }
    return table
  }

  private var fields: [(name: String, value: String)] {
    digests.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      + [("tool", provenance.tool), ("arithmetic", provenance.backend)]
  }
}

extension AnyResult {
  /// The result as it is each time; how long steps took is told by a run's own page.
  fileprivate var repeatable: AnyResult {
    if case .tuning(let run) = self { .tuning(run.withoutPace) } else { self }
  }
}
