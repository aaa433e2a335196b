import Inference
import Probes

extension LayersReport<ModuleMap> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Module map: \(result.verdictWord)", result.claim.escapedForMarkdown,
      result.findings.markdown,
      "## The most sensitive units\n\n\(result.topTable(20).markdown)",
      "## Kinds of modules\n\n\(result.moduleTable.markdown)",
      "## Depth\n\n\(result.depthTable.markdown)",
      markdownList("How it was measured", result.methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", ModuleMethod.limits.map(\.escapedForMarkdown)), markdownFields,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [
      wrapped(result.claim, width: 80), result.findings.terminal, result.topTable(8).terminal,
      result.moduleTable.terminal,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Modules", title: "Which modules the telling apart of harmful prompts rests on",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.specific.isEmpty ? .open : .holds, word: result.verdictWord,
            sentence: result.claim, findings: result.findings)),
        .figures(result.keyFigures),
      ],
      sections: [
        PageSection("Maps", anchor: "maps", result.mapBlocks("map")),
        PageSection(
          "Parts of the model", anchor: "parts",
          [.table(result.moduleTable.page), .table(result.depthTable.page)]),
        PageSection("Every unit", anchor: "units", [.table(result.cellTable)]),
        PageSection(
          "How it was measured", anchor: "method",
          [.list(result.methodItems), .heading("Limits"), .list(ModuleMethod.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }
}

extension ModuleMap {
  /// Means of every kind of module.
  var moduleTable: ReportTable { partTable("Means by kind of module", byModule) }

  /// Means of every third of the depth.
  var depthTable: ReportTable { partTable("Means by depth", byDepth) }

  fileprivate var keyFigures: [KeyFigure] {
    [
      KeyFigure(
        name: "strength", value: amount(disturbance.strength),
        detail: calibration.map { "whole blocks lose \(percent($0.sensitivity))" }
          ?? "\(disturbance.kind.rawValue), as given"),
      KeyFigure(
        name: "units beyond the control", value: "\(specific.count)",
        detail: "of \(cells.count), all considered together"),
      KeyFigure(
        name: "harmful told, undisturbed", value: percent(clean.recall),
        detail: "AUROC \(figure(clean.auroc))"),
    ]
  }

  /// The maps side by side.
  ///
  /// - Parameter name: what their charts' names begin with.
  /// - Returns: blocks of a section.
  func mapBlocks(_ name: String) -> [PageBlock] {
    func map(
      _ part: String, _ title: String, _ caption: String, _ measure: String,
      isMarked: (ModuleCell) -> Bool = { _ in false }, _ value: (ModuleCell) -> Double?
    ) -> Chart {
      .unitMap(
        "\(name)-\(part)", title, caption: caption, measure: measure, cells, unit: \.unit,
        isMarked: isMarked, value: value)
    }
    let security = map(
      "security", "What security loses",
      """
      Share of the way from the undisturbed area under the ROC curve to chance.\
      \(specific.isEmpty ? "" : " Frames mark units that lose more than the control, all units considered.")
      """, "loss of security", isMarked: \.isSpecific, \.securityLoss.mean)
    let control = map(
      "control", "What the control loses",
      "The same of a probe of \(self.control?.label.words ?? "nothing").", "loss of the control",
      { $0.controlLoss?.mean })
    let sensitivity = map(
      "sensitivity", "Harmful prompts no longer told", "Share of them, by the deciding measure.",
      "sensitivity", \.sensitivity.mean)
    let change = map(
      "change", "How far vectors move",
      "Mean length of the change of what is read, as a share of its own.", "relative change",
      \.relativeChange)
    return [
      .paragraph(
        """
        Only where the first two maps differ does a module carry something that is security's own; where they \
        agree, and agree with how far vectors move, they show what the disturbance does to anything.
        """),
      .charts([security] + (bandFactor == nil ? [] : [control])), .charts([sensitivity, change]),
    ]
  }

  fileprivate var cellTable: PageTable {
    var table = PageTable(
      "Every unit; choose a column to sort by",
      [
        .text("module"), .number("block"), .number("q"), .number("95 %"), .number("sensitivity"),
        .number("± draws"), .number("benign recall"), .number("balanced"), .number("AUROC"),
        .number("margin drop"), .number("security"), .number("control"), .number("excess"),
        .number("cosine"), .number("change"), .number("‖ΔW‖"),
      ], isSortable: true)
    for cell in cells {
      table.add([
        PageTable.Cell(cell.unit.module.rawValue),
        PageTable.Cell(cell.unit.layerText, key: Double(cell.unit.layers.first)),
        .figure(cell.recall.mean),
        PageTable.Cell("\(figure(cell.recallLow))–\(figure(cell.recallHigh))", key: cell.recallLow),
        .figure(cell.sensitivity.mean, isSigned: true), .figure(cell.sensitivity.deviation),
        .figure(cell.benignRecall.mean), .figure(cell.balancedAccuracy),
        .figure(cell.auroc.mean), .figure(cell.marginDrop.mean, isSigned: true),
        .figure(cell.securityLoss.mean, isSigned: true),
        .figure(cell.controlLoss?.mean, isSigned: true), .estimate(cell.excess, isSigned: true),
        .figure(cell.cosine), .figure(cell.relativeChange), .figure(cell.weightChange),
      ])
    }
    return table
  }
}
