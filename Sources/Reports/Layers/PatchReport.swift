public import Probes

extension LayerPatching: LayersResult {
  public static var kind: String { "layers-patch" }

  public static func forms(of report: LayersReport<LayerPatching>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb layers patch`.
public typealias PatchReport = LayersReport<LayerPatching>

extension LayersReport<LayerPatching> {
  var map: PatchMap { result.map }

  /// Places of modules.
  private var modules: [PatchCell] { map.cells.filter(\.site.isModule) }

  /// Whether a place of a module stands out either way.
  var hasExceptional: Bool {
    modules.contains { $0.denoise.isExceptional || $0.noise.isExceptional }
  }

  /// Whether there are as many pairs and groups as a claim should rest on.
  var hasUsualPairs: Bool {
    map.pairs >= PatchMap.usualPairs && map.groups >= PatchMap.usualGroups
  }

  /// What was found, in one sentence.
  var claim: String {
    guard let denoise = best(\.denoise), let noise = best(\.noise) else {
      if map.pairsFound == 0 {
        return """
          Nothing was patched: no two prompts to report on, one harmful and one harmless, share a value of the \
          column pair.
          """
      }
      return """
        Nothing was patched: of \(counted(map.pairsFound, "pair")) to report on the model would refuse the \
        harmful prompt and answer the other in \(map.pairsWithContrast), with R that differs by \
        \(figure(map.options.leastContrast)) or more, where \(PatchMap.leastPairs) are needed. Where it refuses \
        neither or both of a pair there is nothing to carry over.
        """
    }
    return """
      Of \(counted(modules.count, "place")), single modules at single positions, \(denoise.words) carries more \
      of a refusal into the answered prompt than any other, \(figureAndInterval(denoise.share)) of the \
      difference, and \(noise.words) is missed most in the refused one, \(figureAndInterval(noise.share)), over \
      \(counted(map.pairs, "pair")) from \(counted(map.groups, "group")). Both are the largest of many, so \
      optimistic.
      """
  }

  /// What to keep in mind.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    func add(_ refutes: Bool, _ sentence: String) {
      findings.append(PageVerdict.Finding(refutes: refutes, sentence: sentence))
    }
    if map.pairs > 0, !hasUsualPairs {
      add(
        true,
        """
        \(counted(map.pairs, "pair")) from \(counted(map.groups, "group")), where a claim should rest on \
        \(PatchMap.usualPairs) from \(PatchMap.usualGroups).
        """)
    }
    if !modules.isEmpty {
      add(
        !hasExceptional,
        """
        Exceptional among all places at 5 %: \(modules.count { $0.denoise.isExceptional }) of \
        \(modules.count) places of modules denoised, \(modules.count { $0.noise.isExceptional }) noised.
        """)
    }
    if !map.cells.isEmpty, let unlike = PageVerdict.Finding.unlikeEnds(map.positions) {
      findings.append(unlike)
    }
    if let denoise = best(\.denoise), let noise = best(\.noise), denoise.layer != noise.layer {
      add(
        false,
        """
        Denoising and noising name different layers: what is enough for a refusal is not what it needs, which \
        is how backup paths look.
        """)
    }
    if let screen = map.screen {
      add(
        false,
        """
        Gradient times difference ranks the places as patching does with a correlation of \
        \(figureAndInterval(screen.denoise)) (denoising) and \(figureAndInterval(screen.noise)) (noising).
        """)
    }
    if let attribution = result.attribution?.found {
      add(
        false,
        """
        What modules write along the direction adds up to all there is of it, but for rounding of \
        \(errorText(attribution.identityError)) of its root mean square.
        """)
    }
    return findings
  }

  /// The best layer by one measure.
  private func best(_ part: (PatchLayer) -> PatchLayer.Best) -> BestPlace? {
    map.layers.max { part($0).share.value < part($1).share.value }.map { layer in
      let best = part(layer)
      return BestPlace(
        layer: layer.layer,
        words: "\(best.site.rawValue) of layer \(layer.layer) at \(best.position)",
        share: best.share)
    }
  }

  /// Each layer's best place.
  var layerTable: ReportTable {
    var table = ReportTable(
      "Each layer where it carries most",
      [
        .number("layer"), .text("denoised"), .number("share (95 %)"), .text("noised"),
        .number("share (95 %)"), .text("writes most at"), .number("along the direction (95 %)"),
      ])
    let written = Dictionary(
      (result.attribution?.found.layers ?? []).map { ($0.layer, $0) },
      uniquingKeysWith: { first, _ in first })
    let patched = Dictionary(
      map.layers.map { ($0.layer, $0) }, uniquingKeysWith: { first, _ in first })
    for layer in Set(written.keys).union(patched.keys).sorted() {
      let (denoise, noise) = (patched[layer]?.denoise, patched[layer]?.noise)
      table.add([
        "\(layer)", denoise.map { "\($0.site.rawValue) \($0.position)" } ?? "–",
        figureAndInterval(denoise?.share, isSigned: true),
        noise.map { "\($0.site.rawValue) \($0.position)" } ?? "–",
        figureAndInterval(noise?.share, isSigned: true), written[layer]?.position ?? "–",
        figureAndInterval(written[layer]?.contribution, isSigned: true),
      ])
    }
    return table
  }

  /// The layers that carry most, for a terminal.
  var shortTable: ReportTable {
    var table = ReportTable(
      "Layers that carry most",
      [
        .number("layer"), .text("denoised at"), .number("share"), .text("noised at"),
        .number("share"),
      ])
    let ranked = map.layers.sorted {
      ($0.denoise.share.value, $1.layer) > ($1.denoise.share.value, $0.layer)
    }
    for layer in ranked.prefix(8) {
      table.add([
        "\(layer.layer)", "\(layer.denoise.site.rawValue) \(layer.denoise.position)",
        figure(layer.denoise.share.value, isSigned: true),
        "\(layer.noise.site.rawValue) \(layer.noise.position)",
        figure(layer.noise.share.value, isSigned: true),
      ])
    }
    return table
  }

  /// The heads that write most along the direction.
  var headTable: ReportTable? {
    guard let found = result.attribution?.found else { return nil }
    var table = ReportTable(
      "The heads that write most along the direction",
      [.number("layer"), .number("head"), .text("position"), .number("contribution")])
    for head in found.heads.sorted(by: { abs($0.contribution) > abs($1.contribution) }).prefix(16) {
      table.add([
        "\(head.layer)", "\(head.head)", head.position, figure(head.contribution, isSigned: true),
      ])
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    [
      result.opening.sentence,
      """
      R is the refusal log-odds at the end of the prompt. Pairs are of one harmful and one harmless prompt that \
      the file puts together; kept are those whose R is above 0 for the harmful prompt, below 0 for the \
      harmless one, and differs by \(figure(map.options.leastContrast)) or more.
      """,
      """
      Denoise: the answered prompt is run with one row taken from the refused one. Noise: the other way \
      round. Rows are of what enters a block (resid_pre) and of what its attention (attn_out) and MLP \
      (mlp_out) add, at \(words(ofPositions: map.positions)). A share of 1 moves all of the pair's difference in R.
      """,
      """
      Of a patched run only the rows from the patched one on are computed, in the blocks from its block \
      on; every figure has the bits of a whole run.
      """,
      """
      Intervals: 2.5th to 97.5th percentile over \(map.options.draws) draws of pairs. Exceptional: beyond what \
      \(map.options.swaps) draws with pairs turned round at random reach anywhere in 95 % of them \
      (\(figure(map.critical?.denoise)) standard errors denoised, \(figure(map.critical?.noise)) noised). \
      Seed \(origin.seed).
      """,
    ]
      + (result.attribution.map {
        [
          """
          Written along the direction of \($0.site), \($0.position): the mean over \
          \($0.found.positives) harmful prompts less that over \($0.found.negatives) harmless ones.
          """
        ]
      } ?? [
        """
        What modules write along a refusal direction was not looked at: it needs --direction, a vector of \
        plumb layers direction.
        """
      ])
      + (map.screen.map { _ in
        ["Gradient times difference is a first-order screen, not a measurement."]
      } ?? [])
  }

  /// What the figures do not show.
  var limitItems: [String] {
    [
      """
      A share at what enters a block tells what has come together up to there, not what the block does; \
      layers are compared by their modules.
      """,
      """
      One row at a time is patched: what two places carry only together, or each in the other's stead, \
      shows in neither or in both.
      """,
      "Only the last positions are patched; what happens within the user's text is not.",
    ]
  }
}

/// A place in words.
private struct BestPlace {
  let layer: Int
  let words: String
  let share: Estimate
}
