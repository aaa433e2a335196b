import Probes

extension LayersReport<LayerDrift> {
  /// The report as Markdown.
  var markdown: String {
    [
      "# Layers before and after: \(result.verdictWord)", result.claim.escapedForMarkdown,
      result.findings.markdown,
      "## Probes\n\n\(result.probeTable.markdown)\n\(result.accuracyTable.markdown)",
      "## Direction\n\n\(result.directionTable.markdown)",
      "## Vectors\n\n\(result.streamTable.markdown)",
      "## Next tokens\n\n\(result.shareTable().markdown)\n\(result.replyTable.markdown)",
      markdownList("How it was measured", result.methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", LayerDrift.limits.map(\.escapedForMarkdown)),
      markdownList(
        "Provenance", driftFields.map { "\($0.name): \($0.value.escapedForMarkdown)" }),
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    [
      wrapped(result.claim, width: 80), result.findings.terminal, result.shortTable.terminal,
      result.shareTable(isShort: true).terminal,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Layers", title: "What a tuning did to what the layers hold",
      lead: sampleSentence,
      opening: [
        .verdict(
          PageVerdict(
            tone: result.tone, word: result.verdictWord, sentence: result.claim,
            findings: result.findings)), .figures(keyFigures),
      ],
      sections: [
        PageSection(
          "Probes", anchor: "probes",
          [
            .charts([areaChart, changeChart]), .table(result.probeTable.page),
            .folded(title: "Balanced accuracy", [.table(result.accuracyTable.page)]),
          ]),
        PageSection(
          "Direction", anchor: "direction",
          [.charts([turnChart, lengthChart]), .table(result.directionTable.page)]),
        PageSection(
          "Vectors", anchor: "vectors",
          [.charts([streamChart, differenceChart]), .table(result.streamTable.page)]),
        PageSection(
          "Next tokens", anchor: "tokens",
          [
            .charts([replyChart]), .table(result.shareTable().page), .table(result.replyTable.page),
          ]),
        PageSection(
          "How it was measured", anchor: "method",
          [.list(result.methodItems), .heading("Limits"), .list(LayerDrift.limits)]),
        PageSection("Provenance", anchor: "provenance", [.fields(driftFields)]),
      ], colophon: provenance.colophon)
  }

  /// What the figures were computed from, the model after included.
  private var driftFields: [(name: String, value: String)] {
    let after: [(name: String, value: String?)] = [
      ("model after", result.after.digest), ("adapter after", result.after.adapterDigest),
    ]
    return fields + after.compactMap { name, value in value.map { (name, $0) } }
  }

  private var keyFigures: [KeyFigure] {
    let all = result.layers.count
    let fates = ProbeFate.allCases.filter { $0 != .kept && !result.layers($0).isEmpty }
    return [
      KeyFigure(
        name: "layers whose probe is kept", value: "\(result.layers(.kept).count)",
        detail: (["of \(all)"] + fates.map { "\($0.rawValue) \(result.layers($0).count)" })
          .joined(separator: ", ")),
      KeyFigure(
        name: "layers whose direction turned", value: "\(result.turnedLayers.count)",
        detail: "of \(all), all considered together"),
      KeyFigure(
        name: "divergence of next tokens", value: figure(result.replies.all.mean?.value),
        detail: "nats a token, \(interval(result.replies.all.mean))"),
      KeyFigure(
        name: "in the first \(counted(result.options.firstTokens, "token"))",
        value: result.firstTokenShare.map { percent($0.value) } ?? "–",
        detail: "where evenly spread \(percent(result.replies.all.evenShare))"),
    ]
  }

  /// A curve over the layers that have a figure.
  private func curve(_ series: String, _ part: (DriftedLayer) -> Estimate?) -> DepthCurve {
    DepthCurve(
      series,
      result.layers.compactMap { layer in
        part(layer).map {
          DepthCurve.Point(block: layer.layer, value: $0.value, interval: $0.low...$0.high)
        }
      })
  }

  /// The same without intervals.
  private func line(_ series: String, _ part: (DriftedLayer) -> Double?) -> DepthCurve {
    DepthCurve(
      series,
      result.layers.compactMap { layer in
        part(layer).map { DepthCurve.Point(block: layer.layer, value: $0) }
      })
  }

  private var areaChart: Chart {
    .depthCurve(
      name: "drift-probes", title: "Probes of both models on both models",
      caption: "Held-out prompts, with 95 % bands of each figure by itself.", measure: "AUROC",
      [
        curve("probe before, on before", \.probe.before.auroc),
        curve("probe before, on after", \.probe.frozen.auroc),
        curve("probe after, on after", \.probe.refitted.auroc),
        curve("probe after, on before", \.probe.back.auroc),
      ], guides: [0.5])
  }

  private var changeChart: Chart {
    .depthCurve(
      name: "drift-changes", title: "What probes lost",
      caption: """
        Bands hold for all layers together. The lower line is the margin below which a loss is called one.
        """, measure: "difference of AUROC",
      [
        curve("probe before: after less before", \.probe.frozenChange),
        curve("own probes: after less before", \.probe.refittedChange),
      ], guides: [0, -result.options.margin])
  }

  private var turnChart: Chart {
    .depthCurve(
      name: "drift-direction", title: "How far the direction turned",
      caption: """
        Beside how far drawing other prompts turns it on average, and the limit that counts for all layers together.
        """, measure: "1 - cosine",
      [
        line("tuning", \.direction.turn), line("other prompts", \.direction.expectedTurn),
        line("limit", \.direction.limit),
      ], guides: [0])
  }

  private var lengthChart: Chart {
    .depthCurve(
      name: "drift-length", title: "Length of the direction, after by before",
      caption: "With 95 % bands of each layer by itself; 1 is as long as before.",
      measure: "ratio of lengths", [curve("length", \.direction.normRatio)], guides: [1])
  }

  private var streamChart: Chart {
    .depthCurve(
      name: "drift-vectors", title: "How far vectors moved",
      caption:
        "Mean change as a share of the length before; bands hold for all layers and classes together.",
      measure: "share of the length",
      [curve("harmful", \.stream.harmful), curve("harmless", \.stream.harmless)], guides: [0])
  }

  private var differenceChart: Chart {
    .depthCurve(
      name: "drift-difference", title: "How much further harmful prompts' vectors moved",
      caption: "Where the band holds 0, the change is not told from a general one.",
      measure: "difference of shares", [curve("harmful less harmless", \.stream.difference)],
      guides: [0])
  }

  private var replyChart: Chart {
    func curve(
      _ series: String, _ part: (ReplyDrift.Position) -> Estimate?
    ) -> DepthCurve {
      DepthCurve(
        series,
        result.replies.positions.compactMap { position in
          part(position).map {
            DepthCurve.Point(
              block: position.position, value: $0.value, interval: $0.low...$0.high)
          }
        })
    }
    return .depthCurve(
      name: "drift-tokens", title: "Divergence of the next token",
      caption: "KL(before ‖ after) along the reply of the model before, with 95 % bands.",
      measure: "nats", axis: "token",
      [curve("harmful", \.harmful), curve("harmless", \.harmless)], guides: [0])
  }
}
