import ModelFiles
import Probes

extension LayersReport<LayerDirection> {
  /// The report as a page of Markdown.
  var markdown: String {
    var parts = [
      "# Refusal direction", claim.escapedForMarkdown,
      findings.markdown,
      "## Prompts\n\n\(sampleTable.markdown)",
    ]
    if let scoreTable { parts.append("## Scores\n\n\(scoreTable.markdown)") }
    if !direction.candidates.isEmpty {
      parts.append("## Every candidate\n\n\(candidateTable.markdown)")
    }
    if let steering = result.steering {
      parts.append(
        "## Conditional steering\n\n"
          + steering.sentences.map(\.escapedForMarkdown).joined(separator: "\n\n")
          + "\n\n\(steering.table.markdown)")
    }
    parts += [
      markdownList("How it was measured", allMethodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", limitItems.map(\.escapedForMarkdown)), markdownFields,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    var parts = [wrapped(claim.escapedForTerminal, width: 80)]
    parts.append(findings.terminal)
    parts.append(sampleTable.terminal)
    if let scoreTable { parts.append(scoreTable.terminal) }
    if let steering = result.steering {
      parts += steering.sentences.map { wrapped($0.escapedForTerminal, width: 80) }
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var allMethodItems: [String] {
    methodItems + (result.steering.map { [$0.method] } ?? [])
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Layers", title: "Refusal direction",
      lead: "Is there one direction along which this model goes when it refuses?",
      opening: [.verdict(verdict)],
      sections: [
        PageSection(
          "Scores", anchor: "scores",
          [.table(sampleTable.page)] + (scoreTable.map { [.table($0.page)] } ?? [])
            + (direction.chosen.map { [.charts([nullChart($0)])] } ?? [])),
        direction.candidates.isEmpty
          ? nil : PageSection("Layers and positions", anchor: "layers", layerBlocks),
        result.steering.map { steering in
          PageSection(
            "Conditional steering", anchor: "steering",
            steering.sentences.map { .paragraph($0) } + [.table(steering.table.page)])
        },
        PageSection(
          "How it was measured", anchor: "method",
          [.list(allMethodItems), .heading("Limits"), .list(limitItems)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ].compactMap { $0 }, colophon: provenance.colophon)
  }

  private var verdict: PageVerdict {
    let (tone, word): (PageVerdict.Tone, String) =
      switch direction.outcome {
      case .chosen: findings.contains { $0.refutes } ? (.open, "In doubt") : (.holds, "Found")
      case .allDiscarded: (.refuted, "None")
      case .tooFewPrompts: (.open, "Nothing to look for")
      }
    return PageVerdict(tone: tone, word: word, sentence: claim, findings: findings)
  }

  /// What projecting out and adding do, beside directions that should do nothing.
  private func nullChart(_ chosen: ChosenDirection) -> Chart {
    let scores = chosen.reported
    let random = chosen.nulls.random
    let effects: [(name: String, change: Estimate, random: [Double], chance: Double)] = [
      (
        "projected out, harmful prompts", scores.drop.negated,
        random.scores.map { $0.bypassed - chosen.unchanged.positives }, random.bypassChance
      ),
      (
        "added, harmless prompts", scores.rise,
        random.scores.map { $0.induced - chosen.unchanged.negatives }, random.induceChance
      ),
    ]
    var table = PageTable(
      "Change of the refusal log-odds",
      [
        .text("intervention"), .number("change (95 %)"), .number("random directions"), .number("p"),
      ])
    for effect in effects {
      table.add([
        PageTable.Cell(effect.name), .estimate(effect.change, isSigned: true),
        PageTable.Cell(range(effect.random)), PageTable.Cell(chance(effect.chance)),
      ])
    }
    return Chart(
      name: "direction-nulls", title: "Beside random directions",
      caption: """
        Points: the chosen direction, with 95 % intervals. Strokes: \(random.scores.count) random \
        directions of its length.
        """,
      summary: "Strip plot. "
        + effects.map {
          "\($0.name): \(figure($0.change.value, isSigned: true)), random \(range($0.random))"
        }.joined(separator: "; ") + ".",
      data: table, form: .causal,
      datasets: [
        (
          "random",
          effects.flatMap { effect in
            effect.random.map { ["effect": .string(effect.name), "change": .number($0)] }
          }
        ),
        (
          "effects",
          effects.map {
            [
              "effect": .string($0.name), "change": .number($0.change.value),
              "low": .number($0.change.low), "high": .number($0.change.high),
              "p": .number($0.chance),
            ]
          }
        ),
      ], rowCount: effects.count)
  }

  private var layerBlocks: [PageBlock] {
    func curve(_ series: String, _ part: (DirectionLayer) -> Estimate?) -> DepthCurve {
      DepthCurve(
        series,
        direction.curves.compactMap { layer in
          part(layer).map {
            DepthCurve.Point(block: layer.layer, value: $0.value, interval: $0.low...$0.high)
          }
        })
    }
    let curves = [
      curve("projected out: R of harmful falls by", \.drop),
      curve("added: R of harmless rises by", \.rise),
    ]
    func map(
      _ name: String, _ title: String, _ measure: String, _ part: (DirectionScores) -> Estimate
    )
      -> Chart
    {
      .layerMap(
        name: "direction-\(name)", title: title,
        caption: "Frames mark candidates that keep to all limits.", measure: measure,
        direction.positions.flatMap { position in
          direction.candidates.filter { $0.position == position }.map {
            MappedFigure(
              layer: $0.layer, row: position, estimate: $0.scores.map(part),
              isMarked: $0.faults.isEmpty)
          }
        })
    }
    return [
      .charts([
        .depthCurve(
          name: "direction-depth", title: "What the best candidate of each layer does",
          caption: """
            The best of \(direction.positions.count) positions, so optimistic, with 95 % bands; on the \
            prompts that candidates are chosen by.
            """, measure: "change of R", curves, guides: [0])
      ]),
      .charts([
        map("bypass", "Bypass: R of harmful prompts falls by", "fall of R", \.drop),
        map("induce", "Induce: R of harmless prompts rises by", "rise of R", \.rise),
        map("divergence", "KL of harmless answers", "KL", \.divergence),
      ]),
      .folded(title: "Every candidate", [.table(candidateTable.page)]),
    ]
  }
}
