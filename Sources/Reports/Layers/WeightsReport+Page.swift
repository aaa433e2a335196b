import Probes

extension LayersReport<WeightShift> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Shift of weights", claim,
      findings.markdown,
      "## Matrices\n\n\(moduleTable.markdown)", "## Clusters\n\n\(clusterTable.markdown)",
      markdownList("How it was measured", methodItems.map(\.escapedForMarkdown)), markdownFields,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [
      wrapped(claim, width: 80),
      findings.terminal,
      shortTable.terminal,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Layers", title: "What a tuning did to weights, and where prompts lie",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(tone: .open, word: "measured", sentence: claim, findings: findings))
      ],
      sections: [
        PageSection("Matrices", anchor: "matrices", [.charts([shifts, outside]), matrixTable]),
        PageSection(
          "Clusters", anchor: "clusters", [.charts([places]), .table(clusterTable.page)]),
        PageSection("Readings", anchor: "readings", [.charts([readings])]),
        PageSection("How it was measured", anchor: "method", [.list(methodItems)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var matrixTable: PageBlock {
    .folded(title: "Every matrix", [.table(moduleTable.page)])
  }

  /// The matrices that changed most, for a terminal.
  private var shortTable: ReportTable {
    var table = ReportTable(
      "The matrices that changed most",
      [
        .number("layer"), .text("module"), .number("changed by"), .number("outside"),
        .number("random"), .number("excess"),
      ])
    for module in result.modules.sorted(by: { $0.relativeNorm > $1.relativeNorm }).prefix(8) {
      table.add([
        "\(module.layer)", module.module, percent(module.relativeNorm), figure(module.outside),
        figure(module.expected), figure(module.excess, isSigned: true),
      ])
    }
    return table
  }

  private var names: [String] {
    var names: [String] = []
    for module in result.modules where !names.contains(module.module) {
      names.append(module.module)
    }
    return names
  }

  private func curve(_ module: String, _ part: (ModuleShift) -> Double?) -> DepthCurve {
    DepthCurve(
      module,
      result.modules.filter { $0.module == module }.compactMap { shift in
        part(shift).map { DepthCurve.Point(block: shift.layer, value: $0) }
      })
  }

  private var shifts: Chart {
    .depthCurve(
      name: "weights-shift", title: "How far matrices moved",
      caption: "The length of the change as a share of the matrix's.",
      measure: "share of the length",
      names.map { curve($0, \.relativeNorm) })
  }

  private var outside: Chart {
    .depthCurve(
      name: "weights-outside", title: "Share of the change outside of the column space",
      caption: "Above what a random change has on average, which is 0 here.", measure: "excess",
      names.map { curve($0, \.excess) }, guides: [0])
  }

  private var places: Chart {
    func curve(_ series: String, _ part: (ClusterShift) -> Quartiles?) -> DepthCurve {
      DepthCurve(
        series,
        result.clusters.compactMap { cluster in
          part(cluster).map {
            DepthCurve.Point(block: cluster.layer, value: $0.median, interval: $0.low...$0.high)
          }
        })
    }
    return .depthCurve(
      name: "weights-clusters", title: "Place between the means",
      caption: """
        1 at the mean of harmful prompts and -1 at that of harmless ones; lines are medians, bands hold the \
        middle half of the prompts.
        """, measure: "place",
      [
        curve("harmful, after", \.after.harmful), curve("harmless, after", \.after.harmless),
        curve("harmful, before", \.before.harmful), curve("harmless, before", \.before.harmless),
      ]
        + (result.clusters.contains { $0.after.others != nil }
          ? [curve("others, after", \.after.others), curve("others, before", \.before.others)]
          : []),
      guides: [-1, 1])
  }

  private var readings: Chart {
    .depthCurve(
      name: "weights-readings", title: "How much more the change reads from harmful prompts",
      caption:
        "How often the change of a matrix moves a harmful prompt's vector more than a harmless one's.",
      measure: "AUROC",
      ["gate_proj", "up_proj"].map { module in
        DepthCurve(
          module,
          result.readings.filter { $0.module == module }.compactMap { reading in
            reading.auroc.map { DepthCurve.Point(block: reading.layer, value: $0) }
          })
      }, guides: [0.5])
  }
}
