import Probes

extension LayersReport<ModuleComparison> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Modules before and after: \(result.outcome.rawValue)", result.claim.escapedForMarkdown,
      result.findings.markdown,
      "## Classifiers\n\n\(result.classifierTable.markdown)",
      result.differences.isEmpty ? "" : "## Maps\n\n\(result.differenceTable(20).markdown)",
      "## Attribution\n\n\(result.attributionTable.markdown)",
      markdownList("How it was measured", result.methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", ModuleMethod.limits.map(\.escapedForMarkdown)), markdownFields,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [
      wrapped(result.claim, width: 80), result.findings.terminal, result.classifierTable.terminal,
      result.differences.isEmpty ? "" : result.differenceTable(6).terminal,
      result.attributionTable.terminal,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Modules", title: "What a tuning did to the telling apart of harmful prompts",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.outcome == .held ? .holds : .refuted, word: result.outcome.rawValue,
            sentence: result.claim, findings: result.findings))
      ],
      sections: [
        PageSection(
          "Classifiers", anchor: "classifiers", [.table(result.classifierTable.page)]),
        PageSection("Maps before and after", anchor: "maps", mapBlocks),
        PageSection(
          "Whose changes did it", anchor: "attribution", [.table(result.attributionTable.page)]),
        PageSection(
          "How it was measured", anchor: "method",
          [.list(result.methodItems), .heading("Limits"), .list(ModuleMethod.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var mapBlocks: [PageBlock] {
    let before = [PageBlock.heading("Before")] + result.before.mapBlocks("before")
    guard let after = result.after else {
      return before + [
        .notRun(
          what: "The map of the model after",
          needs: "a classifier that tells the prompts apart on that model")
      ]
    }
    return before + [.heading("After")] + after.mapBlocks("after") + [
      .heading("Difference"),
      .charts([
        .unitMap(
          "module-differences", "How much more is lost after",
          caption: """
            Loss of security after less that before; frames mark differences that hold, all units considered.
            """, measure: "difference of losses", result.differences, unit: \.unit,
          isMarked: { $0.change?.excludesZero ?? false },
          value: { $0.change?.value })
      ]), .table(result.differenceTable(20).page),
    ]
  }
}
