import ModelFiles
import Probes

extension Chart {
  /// What permuted labels reach, and what the labels as they are do.
  static func permutationNull(_ permutation: PermutationNull, name: String) -> Chart {
    var table = PageTable(
      "Largest AUROC over the grid", [.text("labels"), .number("largest AUROC")])
    table.add(["as they are", PageTable.Cell(figure(permutation.observed))])
    for share in [0, 0.25, 0.5, 0.75, 0.95, 1] {
      table.add([
        PageTable.Cell("permuted, \(quantileName(share))"),
        PageTable.Cell(figure(permutation.null.quantile(share))),
      ])
    }
    return Chart(
      name: "permutation-null-\(name)", title: "Labels permuted",
      caption: """
        The largest AUROC over the whole grid by ridge regression, \(permutation.null.count) times with \
        labels exchanged \(permutation.exchange.words) and once with the labels as they are.
        """,
      summary: """
        Histogram of the largest AUROC under \(permutation.null.count) permutations, \
        \(range(permutation.null)). With the labels as they are it is \(figure(permutation.observed)), \
        p = \(chance(permutation.pValue)).
        """, data: table, form: .permutationNull,
      datasets: [
        ("null", permutation.null.map { ["auroc": .number($0)] }),
        (
          "observed",
          [
            [
              "auroc": .number(permutation.observed),
              "label": .string(
                "observed \(figure(permutation.observed)), p = \(chance(permutation.pValue))"),
            ]
          ]
        ),
      ])
  }

  /// Trained on one source, tested on another.
  static func transfer(_ matrix: TransferMatrix, name: String) -> Chart {
    var table = PageTable(
      "Transfer between sources",
      [
        .text("trained on"), .text("tested on"), .number("prompts"), .number("AUROC"),
        .number("called class 1"),
      ])
    var rows: [JSONValue] = []
    for entry in matrix.entries {
      table.add([
        PageTable.Cell(entry.train), PageTable.Cell(entry.test), PageTable.Cell("\(entry.rows)"),
        PageTable.Cell(figure(entry.auroc)), PageTable.Cell(percent(entry.positiveShare)),
      ])
      rows.append([
        "train": .shown(entry.train), "test": .shown(entry.test), "rows": .number(entry.rows),
        "auroc": .number(entry.auroc), "positiveShare": .number(entry.positiveShare),
        "label": .string(
          entry.auroc.map { String(figure($0).dropLast()) }
            ?? percent((100 * entry.positiveShare).rounded() / 100)),
      ])
    }
    let crossed = matrix.entries.filter { $0.train != $0.test }.map(\.auroc)
    let within = matrix.entries.filter { $0.train == $0.test }.map(\.auroc)
    return Chart(
      name: "transfer-\(name)", title: "Transfer between sources",
      caption: """
        AUROC of a probe trained on one source and tested on another; on the diagonal, held-out folds of \
        the source. A percentage stands where a source has one class: its prompts called class 1.
        """,
      summary: """
        Matrix of AUROC: within sources \(range(within)), between sources \(range(crossed)).
        """, data: table, form: .transfer, datasets: [("entries", rows)],
      rowCount: Set(matrix.entries.map(\.train)).count)
  }

  /// What ablating and adding the direction does, beside random directions.
  static func causal(_ check: CausalCheck, classes: [String], name: String) -> Chart {
    var table = PageTable(
      "Change of the refusal log-odds",
      [
        .text("intervention"), .number("change (95 %)"), .number("random directions"),
        .number("p"),
      ])
    var effects: [JSONValue] = []
    var random: [JSONValue] = []
    var sentences: [String] = []
    for effect in check.effects {
      let title = "\(effect.intervention), \(classes[effect.label])"
      table.add([
        PageTable.Cell(title),
        PageTable.Cell(figureAndInterval(effect.found.change, isSigned: true)),
        PageTable.Cell(range(effect.found.random)), PageTable.Cell(chance(effect.found.pValue)),
      ])
      effects.append([
        "effect": .shown(title), "change": .number(effect.found.change.value),
        "low": .number(effect.found.change.low), "high": .number(effect.found.change.high),
        "p": .number(effect.found.pValue),
      ])
      random += effect.found.random.map { ["effect": .shown(title), "change": .number($0)] }
      sentences.append(
        "\(title.escapedForTerminal): \(figure(effect.found.change.value, isSigned: true)), random "
          + "\(range(effect.found.random))")
    }
    return Chart(
      name: "causal-\(name)", title: "What the direction does to the model",
      caption: """
        Change of the refusal log-odds by ablating or adding the direction (points, 95 % intervals) beside \
        random directions of the same norm (strokes); \(check.positives) prompts of class 1 and \
        \(check.negatives) of class 0.
        """,
      summary: "Strip plot. \(sentences.joined(separator: "; ")).", data: table, form: .causal,
      datasets: [("random", random), ("effects", effects)], rowCount: check.effects.count)
  }

  private static func quantileName(_ share: Double) -> String {
    switch share {
    case 0: "smallest"
    case 1: "largest"
    default: "\(percent(share)) below"
    }
  }
}

extension [Double] {
  /// The value that a share of the ascending values lies below; nil for none.
  fileprivate func quantile(_ share: Double) -> Double? {
    isEmpty ? nil : self[Int((share * Double(count - 1)).rounded())]
  }
}
