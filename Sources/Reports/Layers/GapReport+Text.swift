import Probes

extension LayersReport where Result == LayerGap {
  /// The report as Markdown.
  var markdown: String {
    var table = TextTable(Self.blockTitles.map { .number($0) })
    for row in blockRows { table.add(row) }
    var sections = [
      "# Angle gap: \(verdictWord)", claim,
    ]
    if !findings.isEmpty {
      sections.append(findings.markdown)
    }
    if let legacy = result.options.legacyMargin {
      let range = result.curves.finding.legacyRange
      sections.append(
        """
        By the rule of an earlier replication (cosine higher by \(amount(legacy))): \
        \(range.map { "blocks \($0)" } ?? "not found").
        """)
    }
    sections += [
      "## Blocks", method, table.markdown,
      markdownList("What this does not say", Self.limits), markdownFields,
    ]
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    let width = 80
    var table = TextTable([
      .number("block"), .number("N-N"), .number("N-M"), .number("M-M"), .number("gap (95 %)"),
      .number("z"),
    ])
    for block in result.curves.blocks {
      table.add([
        "\(block.block)", figure(block.harmless.mean), figure(block.across.mean),
        figure(block.harmful.mean), degrees(block.gap), amount(block.studentizedGap),
      ])
    }
    return [
      wrapped("Angle gap on \(sampleSentence)", width: width), wrapped(claim, width: width),
      findings.terminal,
      table.lines(width: width),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
