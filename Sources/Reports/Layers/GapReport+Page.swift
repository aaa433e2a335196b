import Probes

extension LayersReport where Result == LayerGap {
  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Angle gap", title: "Where harmful prompts turn away from harmless ones",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.curves.finding.range == nil ? .open : .holds, word: verdictWord,
            sentence: claim, findings: findings)), .figures(keyFigures),
      ],
      sections: [
        PageSection("Gap over depth", anchor: "gap", gapBlocks),
        PageSection("Cosines", anchor: "cosines", [.charts([cosineChart])]),
        PageSection("Controls", anchor: "controls", [.charts([controlChart])]),
        PageSection(
          "What this does not say", anchor: "limits", [.list(Self.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ], colophon: provenance.colophon)
  }

  private var keyFigures: [KeyFigure] {
    let finding = result.curves.finding
    return [
      KeyFigure(
        name: "initial range", value: finding.range.map { "\($0)" } ?? "not found",
        detail: "of blocks 0-\(result.curves.blocks.count - 1)"),
      KeyFigure(
        name: "largest gap", value: largest.map { "\(angle($0.gap.value))°" } ?? "–",
        detail: largest.map { "block \($0.block), \(degrees($0.gap))" } ?? ""),
      KeyFigure(
        name: "p, labels exchanged", value: chance(finding.pValue),
        detail: "largest of all blocks, \(result.options.permutations) exchanges"),
    ]
  }

  private var ranges: [DepthRange] {
    result.curves.finding.range.map { [DepthRange(label: "initial range", layers: $0)] } ?? []
  }

  private var gapBlocks: [PageBlock] {
    var curves = [DepthCurve("this model", result.gaps)]
    if let control = result.control {
      curves.append(DepthCurve("control model", control.blocks.map(\.gap)))
    }
    curves.append(DepthCurve("by mean cosines", result.curves.blocks.map(\.codeGap)))
    var table = PageTable(
      "Every block; choose a column to sort by", Self.blockTitles.map { .number($0) },
      isSortable: true)
    for (block, row) in zip(result.curves.blocks, blockRows) {
      let keys = [
        Double(block.block), block.harmless.mean, block.across.mean, block.harmful.mean,
        block.gap.value, block.codeGap.value, block.studentizedGap,
        result.oneSet[block.block].value,
      ]
      table.add(zip(row, keys).map { PageTable.Cell($0, key: $1) })
    }
    return [
      .paragraph(method),
      .charts([
        .depthCurve(
          name: "gap", title: "Angle gap by block",
          caption: "Mean angle of N-M pairs less that of N-N pairs, with 95 % bands.",
          measure: "angle gap (degrees)", curves, ranges: ranges, guides: [0])
      ]), .table(table),
    ]
  }

  private var cosineChart: Chart {
    let blocks = result.curves.blocks
    return .depthCurve(
      name: "cosines", title: "Mean cosine by block",
      caption: "Means over \(result.options.pairs) random pairs of each type.", measure: "cosine",
      [
        DepthCurve("N-N, two harmless", values: blocks.map(\.harmless.mean)),
        DepthCurve("N-M, one of each", values: blocks.map(\.across.mean)),
        DepthCurve("M-M, two harmful", values: blocks.map(\.harmful.mean)),
      ], ranges: ranges)
  }

  private var controlChart: Chart {
    .depthCurve(
      name: "gap-controls", title: "Gap of the controls by block",
      caption: """
        One set: harmless prompts in both roles, which has no gap but by chance. Roles exchanged: N-M less \
        M-M.
        """, measure: "angle gap (degrees)",
      [DepthCurve("one set", result.oneSet), DepthCurve("roles exchanged", result.swapped)],
      guides: [0])
  }
}
