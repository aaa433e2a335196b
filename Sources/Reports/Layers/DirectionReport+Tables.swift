import Probes

extension LayersReport<LayerDirection> {
  /// The prompts of each part.
  var sampleTable: ReportTable {
    var table = ReportTable(
      "Prompts that were drawn and kept",
      [
        .text("part"), .number("harmful drawn"), .number("kept"), .number("harmless drawn"),
        .number("kept"),
      ])
    for sample in direction.samples {
      table.add([
        sample.part.purpose, "\(sample.drawnPositives)", "\(sample.positives.count)",
        "\(sample.drawnNegatives)", "\(sample.negatives.count)",
      ])
    }
    return table
  }

  /// Scores of the chosen one, of its variants and of directions that should do nothing.
  var scoreTable: ReportTable? {
    guard let chosen = direction.chosen else { return nil }
    var table = ReportTable(
      "Scores of the chosen direction, and of others on the same prompts",
      [
        .text("direction"), .number("bypass: R of harmful"), .number("induce: R of harmless"),
        .number("KL of harmless"),
      ])
    func add(_ name: String, _ scores: DirectionScores) {
      table.add([
        name, figureAndInterval(scores.bypassed, isSigned: true),
        figureAndInterval(scores.induced, isSigned: true), figureAndInterval(scores.divergence),
      ])
    }
    table.add([
      "none: as the model is", figure(chosen.unchanged.positives, isSigned: true),
      figure(chosen.unchanged.negatives, isSigned: true), "0",
    ])
    if let test = chosen.test { add("chosen", test) }
    add("chosen, on the prompts it was chosen by", chosen.development)
    for variant in chosen.guards {
      table.add([
        "\(variant.kind.words), cosine \(figure(variant.cosine))",
        figure(variant.scores.bypassed, isSigned: true),
        figure(variant.scores.induced, isSigned: true), figure(variant.scores.divergence),
      ])
    }
    for (name, nulls) in [
      ("random", chosen.nulls.random.scores),
      ("shuffled labels", chosen.nulls.shuffled.scores),
    ] where !nulls.isEmpty {
      table.add([
        "\(nulls.count) \(name), from…to", spread(nulls.map(\.bypassed)),
        spread(nulls.map(\.induced)), spread(nulls.map(\.divergence)),
      ])
    }
    return table
  }

  /// Every candidate.
  var candidateTable: ReportTable {
    var table = ReportTable(
      "Every candidate, on the prompts that were chosen by",
      [
        .number("layer"), .text("position"), .number("length"), .number("bypass"),
        .number("induce"), .number("KL"), .text("discarded"),
      ])
    for candidate in direction.candidates {
      table.add([
        "\(candidate.layer)", candidate.position, figure(candidate.norm),
        figure(candidate.scores?.bypassed.value, isSigned: true),
        figure(candidate.scores?.induced.value, isSigned: true),
        figure(candidate.scores?.divergence.value),
        candidate.faults.map(\.words).joined(separator: ", "),
      ])
    }
    return table
  }
}

/// The smallest and the largest of some signed figures.
private func spread(_ values: [Double]) -> String {
  guard let low = values.min(), let high = values.max() else { return "–" }
  return "\(figure(low, isSigned: true))…\(figure(high, isSigned: true))"
}
