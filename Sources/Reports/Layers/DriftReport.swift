import Foundation
public import Probes

extension LayerDrift: LayersResult {
  public static var kind: String { "layers-compare" }

  public static func forms(of report: LayersReport<LayerDrift>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb layers compare`.
public typealias DriftReport = LayersReport<LayerDrift>

extension LayerDrift {
  /// In a word or two.
  var verdictWord: String {
    if isIdentical { return "no change" }
    if !obstacles.isEmpty { return "not judged" }
    if !findsChange { return "no change found" }
    if !goneLayers.isEmpty { return movedLayers.isEmpty ? "gone" : "moved and gone" }
    if !movedLayers.isEmpty { return "moved" }
    return lostLayers.isEmpty ? "changed, still read" : "lost"
  }

  /// How it turned out.
  var tone: PageVerdict.Tone {
    if isIdentical { return .holds }
    if !obstacles.isEmpty { return .open }
    return !lostLayers.isEmpty ? .refuted : findsChange ? .open : .holds
  }

  /// What may be said.
  var claim: String {
    if isIdentical {
      return """
        No change was found: what leaves every layer at the last position of the prompts, and every next-token \
        distribution along the replies, is the same in both models.
        """
    }
    if !obstacles.isEmpty {
      return """
        Not judged: there are \(obstacles.map(\.words).joined(separator: "; ")). The tables are complete, but too \
        little stands behind them to say anything in a sentence.
        """
    }
    if !findsChange {
      return """
        No change was found: behind no layer is it shown that a probe lost more than \(figure(options.margin)) \
        AUROC, that the direction turned, or that vectors changed by more than \(percent(options.changedShare)); \
        and next tokens are not shown to differ by more than \(figure(options.divergenceMargin)) nats. \
        \(probeSentences.joined(separator: " "))
        """
    }
    return probeSentences.joined(separator: " ")
  }

  /// What else was found, and what to know before quoting it.
  var findings: [PageVerdict.Finding] {
    let cautions =
      endsAlike
      ? []
      : [
        PageVerdict.Finding(
          refutes: true,
          sentence: """
            Prompts do not end in one token, so what is found at their last position may come from the last token \
            itself.
            """)
      ]
    let found =
      isIdentical || !obstacles.isEmpty
      ? []
      : [directionSentence, streamSentence, differenceSentence, divergenceSentence].compactMap(
        \.self)
    return cautions + [fewGroupsFinding(sample.groups)].compactMap(\.self)
      + found.map { PageVerdict.Finding(refutes: false, sentence: $0) }
  }

  /// What became of what probes read, a sentence for each fate that occurs.
  var probeSentences: [String] {
    let margin = figure(options.margin)
    return ProbeFate.allCases.compactMap { fate in
      let layers = layers(fate)
      guard !layers.isEmpty else { return nil }
      let words = layerWords(layers)
      let worst = self.layers.filter { $0.probe.fate == fate }.min {
        ($0.probe.frozenChange?.value ?? 0) < ($1.probe.frozenChange?.value ?? 0)
      }
      let most = worst.map {
        """
        most behind layer \($0.layer), where its AUROC changes by \
        \(figureAndInterval($0.probe.frozenChange, isSigned: true)) and that of one fitted anew by \
        \(figureAndInterval($0.probe.refittedChange, isSigned: true))
        """
      }
      switch fate {
      case .kept:
        return """
          The probe of the model before still reads the classes in the model after behind \(words), its AUROC \
          lower by less than \(margin).
          """
      case .moved:
        return """
          It moved behind \(words): the probe of the model before loses more than \(margin), one fitted anew reads \
          the classes; \(most ?? "").
          """
      case .gone:
        return """
          It is gone, at least in part, behind \(words): the probe of the model before and one fitted anew both lose \
          more than \(margin); \(most ?? "").
          """
      case .open:
        return """
          Behind \(words) the intervals are too wide to say whether more than \(margin) is lost, or whether one \
          fitted anew makes up for it.
          """
      case .unusable:
        return """
          Behind \(words) the probe of the model before is not shown to read the classes to begin with.
          """
      }
    }
  }

  /// Whether and where the direction turned.
  private var directionSentence: String? {
    let known = layers.filter { $0.direction.limit != nil }
    guard !known.isEmpty else {
      return """
        The direction between the class means is not known well enough behind any layer to say whether it turned.
        """
    }
    let turned = turnedLayers
    if turned.isEmpty {
      return """
        The direction between the class means turned no further behind any layer than drawing other prompts may \
        turn it, all layers considered.
        """
    }
    let most = known.max {
      ($0.direction.turn ?? 0) < ($1.direction.turn ?? 0)
    }
    return """
      The direction between the class means turned further than drawing other prompts turns it behind \
      \(layerWords(turned)), all layers considered\(most.map {
        "; most behind layer \($0.layer), to a cosine of \(figureAndInterval($0.direction.cosine))"
      } ?? "").
      """
  }

  /// Which layers' vectors changed.
  private var streamSentence: String? {
    let share = percent(options.changedShare)
    let changed = changedLayers
    guard
      let most = layers.max(by: {
        ($0.stream.harmful?.value ?? 0) < ($1.stream.harmful?.value ?? 0)
      })
    else { return nil }
    if changed.isEmpty {
      return
        "Behind no layer are vectors shown to have changed by more than \(share) of their length."
    }
    return """
      Vectors at the last position changed by more than \(share) of their length behind \(layerWords(changed)), \
      most behind layer \(most.layer): by \(shareAndInterval(most.stream.harmful)) for harmful and \
      \(shareAndInterval(most.stream.harmless)) for harmless prompts.
      """
  }

  /// Whether the classes' vectors changed differently.
  private var differenceSentence: String? {
    guard layers.contains(where: { $0.stream.difference?.value != 0 }) else { return nil }
    let parts = [("harmful", harmfulLayers), ("harmless", harmlessLayers)].compactMap {
      name, layers in
      layers.isEmpty ? nil : "more for \(name) prompts behind \(layerWords(layers))"
    }
    if parts.isEmpty {
      return """
        Behind no layer is the change of harmful prompts' vectors told from that of harmless ones: what is seen of it \
        is general.
        """
    }
    return """
      They changed \(parts.joined(separator: ", and ")), all layers considered; elsewhere the change is not told \
      from a general one.
      """
  }

  /// How next tokens differ, and whether at the start.
  private var divergenceSentence: String? {
    guard let mean = replies.all.mean else { return nil }
    let difference = replies.difference.map { difference in
      difference.low > 0
        ? ", more on harmful prompts"
        : difference.high < 0 ? ", more on harmless prompts" : ", the classes not told apart"
    }
    let head = """
      Along the replies of the model before, the next token's distribution differs by \
      \(nats(mean)) nats on average (harmful \(nats(replies.harmful.mean)), harmless \
      \(nats(replies.harmless.mean))\(difference ?? ""))
      """
    guard let share = replies.all.firstShare else { return "\(head)." }
    let first = "the first \(counted(options.firstTokens, "token"))"
    let even = percent(replies.all.evenShare)
    let held = shareAndInterval(share)
    if replies.isConcentrated {
      return
        "\(head), concentrated in \(first), which hold \(held) of it and are \(even) of all tokens."
    }
    if replies.isDelayed {
      return "\(head), less of it in \(first), which hold \(held) and are \(even) of all tokens."
    }
    return """
      \(head); it is not shown to be concentrated in \(first), which hold \(held) of it and are \(even) of all tokens.
      """
  }
}

/// A share in percent with its interval, such as `5.2 % (4.9–5.6)`; a dash where there is none.
func shareAndInterval(_ estimate: Estimate?, isSigned: Bool = false) -> String {
  guard let estimate else { return "–" }
  func number(_ value: Double) -> String {
    String(format: isSigned ? "%+.3g" : "%.3g", 100 * value)
  }
  let separator = isSigned ? "…" : "–"
  return
    "\(number(estimate.value)) % (\(number(estimate.low))\(separator)\(number(estimate.high)))"
}

/// Nats with their interval to three decimals; a dash where there are none.
func nats(_ estimate: Estimate?) -> String { figureAndInterval(estimate) }
