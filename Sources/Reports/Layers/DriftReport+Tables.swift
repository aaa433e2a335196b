import Probes

extension LayerDrift {
  /// Probes of every layer.
  var probeTable: ReportTable {
    var table = ReportTable(
      "Probes on held-out prompts, AUROC",
      [
        .number("layer"), .number("before"), .number("the same, after"), .number("fitted anew"),
        .number("that one, before"), .number("change"), .number("regained"),
        .number("change anew"), .text("fate"),
      ])
    for layer in layers {
      let probe = layer.probe
      table.add([
        "\(layer.layer)", figureAndInterval(probe.before.auroc),
        figureAndInterval(probe.frozen.auroc), figureAndInterval(probe.refitted.auroc),
        figureAndInterval(probe.back.auroc), figureAndInterval(probe.frozenChange, isSigned: true),
        figureAndInterval(probe.refittedGain, isSigned: true),
        figureAndInterval(probe.refittedChange, isSigned: true), probe.fate.rawValue,
      ])
    }
    return table
  }

  /// The same in balanced accuracy.
  var accuracyTable: ReportTable {
    var table = ReportTable(
      "Probes on held-out prompts, balanced accuracy",
      [
        .number("layer"), .number("before"), .number("the same, after"), .number("fitted anew"),
        .number("that one, before"), .number("change"), .number("regained"),
      ])
    for layer in layers {
      let probe = layer.probe
      table.add([
        "\(layer.layer)", figureAndInterval(probe.before.balancedAccuracy),
        figureAndInterval(probe.frozen.balancedAccuracy),
        figureAndInterval(probe.refitted.balancedAccuracy),
        figureAndInterval(probe.back.balancedAccuracy),
        figureAndInterval(probe.frozenAccuracyChange, isSigned: true),
        figureAndInterval(probe.refittedAccuracyGain, isSigned: true),
      ])
    }
    return table
  }

  /// Directions of every layer.
  var directionTable: ReportTable {
    var table = ReportTable(
      "Direction between the class means",
      [
        .number("layer"), .number("cosine"), .number("1 - cosine"), .number("other prompts"),
        .number("limit"), .number("length after / before"), .text("turned"),
      ])
    for layer in layers {
      let direction = layer.direction
      table.add([
        "\(layer.layer)", figureAndInterval(direction.cosine), amount(direction.turn),
        amount(direction.expectedTurn), amount(direction.limit),
        figureAndInterval(direction.normRatio), direction.isTurned ? "yes" : "no",
      ])
    }
    return table
  }

  /// Changes of every layer's vectors.
  var streamTable: ReportTable {
    var table = ReportTable(
      "Change of vectors at the last position, of their length before",
      [.number("layer"), .number("harmful"), .number("harmless"), .number("difference")])
    for layer in layers {
      table.add([
        "\(layer.layer)", shareAndInterval(layer.stream.harmful),
        shareAndInterval(layer.stream.harmless),
        shareAndInterval(layer.stream.difference, isSigned: true),
      ])
    }
    return table
  }

  /// Next tokens along the replies.
  var replyTable: ReportTable {
    var table = ReportTable(
      "Divergence of the next token, nats",
      [
        .number("token"), .number("harmful"), .number("replies"), .number("harmless"),
        .number("replies"),
      ])
    for position in replies.positions {
      table.add([
        "\(position.position)", nats(position.harmful), "\(position.harmfulPrompts)",
        nats(position.harmless), "\(position.harmlessPrompts)",
      ])
    }
    table.add([
      "all", nats(replies.harmful.mean), "\(replies.harmful.prompts)", nats(replies.harmless.mean),
      "\(replies.harmless.prompts)",
    ])
    return table
  }

  /// The first tokens' share, without its excess where there is little room.
  func shareTable(isShort: Bool = false) -> ReportTable {
    var table = ReportTable(
      "Share of the first \(counted(options.firstTokens, "token")) in all divergence",
      [
        .text("prompts"), .number("tokens"), .number("nats a token"),
        .number("in first \(options.firstTokens)"), .number("evenly"),
      ] + (isShort ? [] : [.number("excess")]))
    for (name, part) in [
      ("all", replies.all), ("harmful", replies.harmful), ("harmless", replies.harmless),
    ] {
      table.add(
        [
          name, "\(part.tokens)", nats(part.mean), shareAndInterval(part.firstShare),
          percent(part.evenShare),
        ] + (isShort ? [] : [shareAndInterval(part.excess, isSigned: true)]))
    }
    return table
  }

  /// What matters most of every layer, for a terminal.
  var shortTable: ReportTable {
    var table = ReportTable(
      "Layers",
      [
        .number("layer"), .number("before"), .number("after"), .number("anew"), .text("fate"),
        .number("cosine"), .text("turned"), .number("harmful"), .number("harmless"),
      ])
    for layer in layers {
      table.add([
        "\(layer.layer)", figure(layer.probe.before.auroc?.value),
        figure(layer.probe.frozen.auroc?.value), figure(layer.probe.refitted.auroc?.value),
        layer.probe.fate.rawValue, figure(layer.direction.cosine?.value),
        layer.direction.isTurned ? "yes" : "no",
        layer.stream.harmful.map { percent($0.value) } ?? "–",
        layer.stream.harmless.map { percent($0.value) } ?? "–",
      ])
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    [
      """
      Vectors are what leaves each layer (resid_post) at the last position of the prompts, the same tokens in both \
      models. Probes: L2 logistic regression, components standardised, squared weights counting half a prompt, \
      fitted on \(sample.trainingPositives) harmful and \(sample.trainingNegatives) harmless prompts of the part to \
      fit on, judged on \(sample.positives) and \(sample.negatives) prompts in \(counted(sample.groups, "group")) of \
      the other parts.
      """,
      """
      Fates follow from bands over \(options.draws) draws of groups that hold for the areas and differences of all \
      layers together (\(amount(probeBandFactor)) standard errors). Kept: the probe of the model before loses less than \
      \(figure(options.margin)) AUROC. Moved: it loses more, and one fitted anew on the model after loses less, or \
      regains more. Gone: both lose more. Unusable: its own area before is not shown to be above \
      \(figure(0.5 + options.margin)). Open: the band allows several. What was fitted is not fitted again in the draws.
      """,
      """
      Direction: the mean of harmful less that of harmless prompts, of all prompts in \
      \(counted(sample.allGroups, "group")). It is called turned where 1 - cosine exceeds the limit: \
      \(turnFactor.map { amount($0) } ?? "–") times its mean between the directions of the model before on two \
      independent draws of groups, a factor that no layer exceeds in 95 % of such pairs of draws. The direction that \
      draws deviate from is shortened by what chance adds to its length; where draws spread it by more than a quarter of its \
      length it is not known well enough, and there is no limit. Cosines and lengths have 95 % intervals over draws \
      of groups that serve both models.
      """,
      """
      Change of vectors: ‖after - before‖ / ‖before‖ of each prompt, mean of each class, with bands that hold for all \
      layers, classes and differences together (\(amount(streamBandFactor)) standard errors).
      """,
      """
      Next tokens: KL(before ‖ after) of the next-token distributions along the greedy reply of the model before, up to \
      \(counted(options.tokens, "token")), both models reading that reply; \(replies.harmful.prompts) harmful and \
      \(replies.harmless.prompts) harmless held-out prompts in \(counted(replies.groups, "group")). 95 % intervals over draws \
      of groups, each figure by itself.
      """,
    ]
  }

  /// What the figures do not say.
  static let limits = [
    """
    That a probe reads the classes does not mean that the model refuses by them; what becomes of refusals is \
    another measurement.
    """,
    """
    A probe that is kept says that the classes lie where they lay as far as one direction goes; vectors may have moved \
    across it.
    """,
    """
    How far vectors moved is no measure of what the move does: later layers may read little of it, or much.
    """,
    """
    Divergence is measured along what the model before would say. Where the model after would have parted from that \
    reply, later tokens are of a text that it would not have written.
    """,
  ]
}
