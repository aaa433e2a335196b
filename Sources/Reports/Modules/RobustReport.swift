import Inference
public import Probes

extension RobustModules: LayersResult {
  public static var kind: String { "modules-search" }

  public static func forms(of report: LayersReport<RobustModules>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb modules search`.
public typealias RobustReport = LayersReport<RobustModules>

extension LayersReport<RobustModules> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Robust modules: \(verdictWord)", claim.escapedForMarkdown, findings.markdown,
      "## Kinds of modules\n\n\(kindTable.markdown)", "## The search\n\n\(stepTable.markdown)",
      markdownList("How it was searched", methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", ModuleMethod.limits.map(\.escapedForMarkdown)), markdownFields,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [wrapped(claim, width: 80), findings.terminal, kindTable.terminal]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Modules", title: "Modules that can be disturbed with little loss",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.modules.isEmpty ? .open : .holds, word: verdictWord, sentence: claim,
            findings: findings))
      ],
      sections: [
        PageSection(
          "Robust modules", anchor: "modules",
          [
            .charts([
              .unitMap(
                "robust-modules", "The robust set", caption: "1 for modules in the set.",
                measure: "in the set", places, unit: \.self, value: { isIn($0) ? 1 : 0 })
            ]), .table(kindTable.page),
          ]),
        PageSection("The search", anchor: "search", [.table(stepTable.page)]),
        PageSection(
          "How it was searched", anchor: "method",
          [.list(methodItems), .heading("Limits"), .list(ModuleMethod.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var places: [ModuleUnit] {
    WeightModule.projections.flatMap { module in
      (0..<result.layerCount).map { ModuleUnit(module, layers: LayerRange(first: $0, last: $0)) }
    }
  }

  private func isIn(_ unit: ModuleUnit) -> Bool {
    result.modules.contains("\(unit.layers.first).\(unit.module.rawValue)")
  }

  /// In a word or two.
  private var verdictWord: String { result.modules.isEmpty ? "none found" : "found" }

  /// What may be said.
  private var claim: String {
    let all = WeightModule.projections.count * result.layerCount
    guard let share = result.share else {
      if result.steps.contains(where: { $0.phase == .join && $0.isKept }) {
        return """
          None found: with \(result.disturbance.words), nothing of what the search took together leaves \
          \(percent(result.threshold)) of the harmful prompts told when it is asked about again.
          """
      }
      return """
        None found: with \(result.disturbance.words), no module of the last block can be disturbed without \
        leaving less than \(percent(result.threshold)) of the harmful prompts told.
        """
    }
    return """
      With \(result.disturbance.words), \(result.modules.count) of \(all) modules can be disturbed together and \
      \(percent(share)) of the harmful prompts are still told, \(percent(result.clean.recall)) with nothing \
      disturbed.
      """
  }

  private var findings: [PageVerdict.Finding] {
    let removed = result.steps.count { $0.phase == .remove }
    return [
      result.calibration?.finding,
      removed > 0
        ? PageVerdict.Finding(
          refutes: false,
          sentence: """
            Asked about again, the set left too little, and \(counted(removed, "module")) had to be taken away.
            """) : nil,
    ].compactMap(\.self)
  }

  private var kindTable: ReportTable {
    var table = ReportTable(
      "The robust set by kind of module",
      [.text("module"), .number("alone, from block"), .number("in the set"), .number("of")])
    for module in WeightModule.projections {
      let alone = result.steps.filter { $0.phase == .grow && $0.module == module && $0.isKept }
        .compactMap(\.first).min()
      table.add([
        module.rawValue, alone.map { "\($0)" } ?? "none", "\(result.count(of: module))",
        "\(result.layerCount)",
      ])
    }
    return table
  }

  private var stepTable: ReportTable {
    var table = ReportTable(
      "What was tried, in order",
      [.text("step"), .text("module"), .number("from block"), .number("told"), .text("")])
    for step in result.steps {
      let outcome =
        switch step.phase {
        case .remove: "taken away"
        case .verify: step.isKept ? "kept" : "too little"
        case .grow, .join: step.isKept ? "kept" : "too little"
        }
      table.add([
        step.phase.rawValue, step.module?.rawValue ?? "all", step.first.map { "\($0)" } ?? "",
        figure(step.share), outcome,
      ])
    }
    return table
  }

  private var methodItems: [String] {
    [
      result.sample.sentence, ModuleMethod.classifier,
      "With nothing disturbed: \(result.clean.words).", result.calibration?.sentence,
      """
      Each kind of module grows by itself from the last block upwards, as long as at least \
      \(percent(result.threshold)) of the harmful prompts are still told; kinds are then joined, the longest \
      first, each from the first block that the others leave it. What was taken is asked about again\
      \(result.disturbance.kind.isDrawn ? " with fresh draws" : ""), and as long as too little is left, the first \
      module of the kind without which most is left is taken away. \(counted(result.evaluations, "reading")). The \
      share told is of the prompts that the search chose by; of others it may be less.
      """, ModuleMethod.sensitivity,
    ].compactMap(\.self)
  }
}
