import Probes

extension LayersReport<LayerPatching> {
  /// The report as a page of Markdown.
  var markdown: String {
    let parts = [
      "# Patching and attribution", claim.escapedForMarkdown,
      findings.markdown,
      hasLayers ? "## Layers\n\n\(layerTable.markdown)" : "",
      headTable.map { "## Heads\n\n\($0.markdown)" } ?? "",
      markdownList("How it was measured", methodItems.map(\.escapedForMarkdown)),
      markdownList("Limits", limitItems.map(\.escapedForMarkdown)), markdownFields,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// The report for a terminal, 80 columns wide.
  var terminalText: String {
    let parts = [
      wrapped(claim.escapedForTerminal, width: 80),
      findings.terminal,
      map.layers.isEmpty ? "" : shortTable.terminal,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var isLocated: Bool { !map.layers.isEmpty && !findings.contains { $0.refutes } }

  /// In a word or two.
  private var verdictWord: String {
    if map.layers.isEmpty { return "Nothing to patch" }
    if !hasExceptional { return "Not located" }
    return isLocated ? "Located" : hasUsualPairs ? "In doubt" : "Few pairs"
  }

  private var hasLayers: Bool { !map.layers.isEmpty || result.attribution != nil }

  /// The report as a page.
  var page: ReportPage {
    ReportPage(
      kind: "Layers", title: "Patching and attribution",
      lead: "Which layers and modules carry this model's refusal?",
      opening: [
        .verdict(
          PageVerdict(
            tone: isLocated ? .holds : .open,
            word: verdictWord,
            sentence: claim, findings: findings))
      ],
      sections: [
        hasLayers ? PageSection("Layers", anchor: "layers", layerBlocks) : nil,
        map.cells.isEmpty ? nil : PageSection("Places", anchor: "places", placeBlocks),
        result.attribution.map {
          PageSection("Written along the direction", anchor: "attribution", blocks(of: $0.found))
        },
        PageSection(
          "How it was measured", anchor: "method",
          [.list(methodItems), .heading("Limits"), .list(limitItems)]),
        PageSection("Provenance", anchor: "provenance", [.fields(fields)]),
      ].compactMap { $0 }, colophon: provenance.colophon)
  }

  private var layerBlocks: [PageBlock] {
    func curve(_ series: String, _ part: (PatchLayer) -> PatchLayer.Best) -> DepthCurve {
      DepthCurve(
        series,
        map.layers.map {
          let share = part($0).share
          return DepthCurve.Point(
            block: $0.layer, value: share.value, interval: share.low...share.high)
        })
    }
    let charts: [Chart] =
      map.layers.isEmpty
      ? []
      : [
        .depthCurve(
          name: "patch-depth", title: "What each layer's modules carry over",
          caption: """
            The best of attention and MLP at \(counted(map.positions.count, "position")), so optimistic, \
            with 95 % bands over pairs.
            """, measure: "share of the difference in R",
          [
            curve("denoised: enough for a refusal", \.denoise),
            curve("noised: needed by a refusal", \.noise),
          ], guides: [0])
      ]
    return [.charts(charts), .folded(title: "Every layer", [.table(layerTable.page)])]
  }

  private var placeBlocks: [PageBlock] {
    let sites = PatchedSite.allCases
    return [
      .note("Frames mark places that are exceptional among all of them at 5 %.")
    ]
      + sites.map { site in
        func map(_ name: String, _ title: String, _ part: (PatchCell) -> PatchEffect) -> Chart {
          .layerMap(
            name: "patch-\(name)-\(site.rawValue.asSlug)",
            title: "\(title), \(site.rawValue)", caption: site.words,
            measure: "share of the difference in R",
            self.map.positions.flatMap { position in
              self.map.cells.filter {
                $0.site == site && $0.position == position
              }.map {
                MappedFigure(
                  layer: $0.layer, row: position, estimate: part($0).share,
                  isMarked: part($0).isExceptional)
              }
            })
        }
        return .charts([
          map("denoise", "Denoised", \.denoise), map("noise", "Noised", \.noise),
        ])
      }
  }

  private func blocks(of found: DirectAttribution) -> [PageBlock] {
    func map(_ site: PatchedSite) -> Chart {
      .layerMap(
        name: "attribution-\(site.rawValue.asSlug)", title: "Written by \(site.rawValue)",
        caption: "Mean over harmful prompts less mean over harmless ones.",
        measure: "along the direction",
        found.positions.flatMap { position in
          found.cells.filter { $0.site == site && $0.position == position }.map {
            MappedFigure(layer: $0.layer, row: position, estimate: $0.contribution)
          }
        })
    }
    return [
      .charts([
        .depthCurve(
          name: "attribution-depth", title: "What each layer writes along the direction",
          caption: "Attention and MLP together, at the position where they write most.",
          measure: "along the direction",
          [
            DepthCurve(
              "attention and MLP",
              found.layers.map {
                DepthCurve.Point(
                  block: $0.layer, value: $0.contribution.value,
                  interval: $0.contribution.low...$0.contribution.high)
              })
          ], guides: [0])
      ]),
      .charts([map(.attention), map(.mlp)]),
    ] + (headTable.map { [.table($0.page)] } ?? [])
  }
}

extension PatchedSite {
  fileprivate var words: String {
    switch self {
    case .stream: "What enters the block: everything that came together up to there."
    case .attention: "What the block's attention adds."
    case .mlp: "What the block's MLP adds."
    }
  }
}
