import Audit
import Statistics

/// A part of an audit's report: a table and what to know of it.
struct AuditSection {
  /// The heading.
  let title: String
  /// Where links lead.
  let anchor: String
  /// The rows.
  let table: ReportTable
  /// What to know of them; empty where that is nothing.
  let note: String
}

extension AuditReport {
  /// All tables, in the order of the specification.
  var sections: [AuditSection] {
    [prompts, refusalRates, pairs, categories, overRefusal, utility, coherence, weights, others]
      .compactMap { $0 }
  }

  private var prompts: AuditSection {
    var table = ReportTable(
      "What was asked",
      [.text("set"), .number("prompts"), .number("groups"), .text("groups by")])
    for (name, set) in [("harmful", result.harmful), ("harmless", result.harmless)] {
      table.add([
        name, "\(set.prompts)", "\(set.groups)",
        set.grouping == .labels ? "the file's labels" : "common runs of five words",
      ])
    }
    let seen = result.contamination.map {
      """
      In the training data \($0.identical) harmful prompts stand word for word, and \($0.overlapping) share a run of \
      eight words with it.
      """
    }
    return AuditSection(
      title: "Prompts and groups", anchor: "prompts", table: table,
      note: seen ?? "Overlap with the training data was not checked (--training-data).")
  }

  private var refusalRates: AuditSection {
    var table = ReportTable("Refusals of harmful requests", Self.rateColumns)
    addRules(of: result.harmful, to: &table)
    if let judge = result.judge, let comparison = judge.comparison {
      table.add(Self.rateRow("external judge", comparison.refusals, comparison.verdict))
    }
    var notes: [String] = []
    let refusals = result.harmful.anywhere.refusals
    if refusals.bootstrap != nil {
      notes.append(
        "With prompts as independent (Newcombe) it is \(points(refusals.newcombe)) points.")
    }
    if refusals.difference.isWidened {
      notes.append(
        "No verdict changed; the interval was widened to ±3/n, the bound on the share that could have."
      )
    }
    for (side, share) in [("before", refusals.before), ("after", refusals.after)] {
      if let bound = share.exactBound {
        notes.append("Exact one-sided 95 % bound \(side): \(percent(bound)).")
      }
    }
    if let judge = result.judge {
      notes.append(
        """
        The judge and the rule agree on \(counted(judge.judged, "answer")) with Cohen's kappa \
        \(figure(judge.kappa)); labels before: \(Self.words(judge.labelsBefore)), after: \
        \(Self.words(judge.labelsAfter)).
        """)
    }
    return AuditSection(
      title: "Refusals", anchor: "refusals", table: table, note: notes.joined(separator: " "))
  }

  private var pairs: AuditSection {
    var table = ReportTable(
      "Verdicts on the same harmful prompt, before and after",
      [
        .text("rule"), .number("both refuse"), .number("only before"), .number("only after"),
        .number("neither"),
      ])
    var rows = [
      ("anywhere", result.harmful.anywhere.refusals.counts),
      ("opening", result.harmful.opening.refusals.counts),
    ]
    if let judged = result.judge?.comparison?.refusals { rows.append(("judge", judged.counts)) }
    for (name, counts) in rows {
      table.add([
        name, "\(counts.both)", "\(counts.onlyBefore)", "\(counts.onlyAfter)", "\(counts.neither)",
      ])
    }
    return AuditSection(title: "Pairs", anchor: "pairs", table: table, note: "")
  }

  private var categories: AuditSection? {
    if result.harmful.categories.isEmpty { return nil }
    var table = ReportTable(
      "Refusals by category, phrases anywhere",
      [
        .text("category"), .number("prompts"), .number("before, %"), .number("after, %"),
        .number("points (95 %)"), .number("p (Holm)"),
      ])
    for category in result.harmful.categories {
      let refusals = category.refusals
      table.add([
        category.name, "\(refusals.counts.count)", shareAndInterval(refusals.before),
        shareAndInterval(refusals.after), points(refusals.difference),
        chance(category.correctedPValue),
      ])
    }
    return AuditSection(
      title: "Categories", anchor: "categories", table: table,
      note: "Prompts of a category are taken as independent.")
  }

  private var overRefusal: AuditSection {
    var table = ReportTable("Refusals of harmless requests", Self.rateColumns)
    addRules(of: result.harmless, to: &table)
    return AuditSection(title: "Over-refusal", anchor: "over-refusal", table: table, note: "")
  }

  private var utility: AuditSection {
    var table = ReportTable(
      "Utility",
      [
        .text("measure"), .number("n"), .number("before"), .number("after"),
        .number("difference (95 %)"), .text("held"),
      ])
    if let utility = result.utility {
      let correct = utility.correct
      table.add([
        "multiple choice, right", "\(correct.counts.count)", shareAndInterval(correct.before),
        shareAndInterval(correct.after), "\(points(correct.difference)) points",
        utility.verdict == .notShown ? "not shown" : utility.verdict.rawValue,
      ])
    }
    if let texts = result.heldOut {
      table.add([
        "loss of held-out texts, nats", "\(texts.texts)", figureAndInterval(texts.before),
        figureAndInterval(texts.after), figureAndInterval(texts.increase, isSigned: true), "–",
      ])
    }
    let note =
      result.utility == nil && result.heldOut == nil
      ? "Not measured: give questions (--utility) or texts (--held-out)."
      : """
      Held means that the lower limit of the difference is above \
      -\(amount(100 * margins.utility)) points. A choice's log-likelihood is divided by its length in bytes.
      """
    return AuditSection(title: "Utility", anchor: "utility", table: table, note: note)
  }

  private var coherence: AuditSection {
    var table = ReportTable(
      "What answers are",
      [.text("set"), .text("model"), .number("refuse"), .number("answer"), .number("incoherent")]
        + AnswerLabel.allCases.filter { $0 != .answer }.map { .number(Self.words($0)) })
    for (name, set) in [("harmful", result.harmful), ("harmless", result.harmless)] {
      for (side, labels) in [("before", set.labelsBefore), ("after", set.labelsAfter)] {
        func share(_ count: Int) -> String { percent(Double(count) / Double(labels.total)) }
        table.add(
          [
            name, side, share(labels.refusals), share(labels.count(.answer)),
            share(labels.incoherent),
          ] + AnswerLabel.allCases.filter { $0 != .answer }.map { "\(labels.count($0))" })
      }
    }
    return AuditSection(
      title: "Coherence", anchor: "coherence", table: table,
      note: """
        The gate comes first: incoherent answers are neither refusals nor answers here, whatever words they hold, \
        so the three shares add up to 1. Improbable: for the model before less likely than 99.9 % of its own \
        harmless answers. \
        Improbable answers to harmful requests raise no flag: a model that refuses finds any other answer improbable.
        """)
  }

  private var weights: AuditSection {
    let report = result.weights
    var table = ReportTable(
      "How far weights moved",
      [
        .text("matrices"), .number("all"), .number("changed"), .number("‖ΔW‖"),
        .number("‖ΔW‖ / ‖W‖"), .number("share of ‖ΔW‖²"),
      ])
    func add(_ name: String, _ region: WeightRegion) {
      table.add([
        name, "\(region.modules)", "\(region.changed)", amount(region.norm),
        percent(region.relativeNorm), percent(region.share),
      ])
    }
    add("all", report.whole)
    for (part, name) in [(report.layers, "safety layers"), (report.moduleSet, "robust modules")] {
      guard let part else { continue }
      let label = part.name.isEmpty ? name : "\(name) \(part.name)"
      add("inside \(label)", part.inside)
      add("outside \(label)", part.outside)
    }
    return AuditSection(
      title: "Weights", anchor: "weights", table: table,
      note: report.layers == nil && report.moduleSet == nil
        ? "No safety layers (--layers) and no set of modules (--modules) were named to divide it by."
        : "")
  }

  private var others: AuditSection? {
    if result.comparisons.isEmpty { return nil }
    var table = ReportTable(
      "The model before in other settings",
      [
        .text("setting"), .number("refuses"), .number("against as audited, points"), .number("p"),
        .number("incoherent"),
      ])
    for other in result.comparisons {
      table.add([
        Self.words(other.kind), shareAndInterval(other.refusals.after),
        points(other.refusals.difference), chance(other.refusals.pValue), "\(other.incoherent)",
      ])
    }
    return AuditSection(
      title: "Baselines and control", anchor: "baselines", table: table,
      note: """
        A random update of the tuning's length in every matrix tells any disturbance of this size from this one.
        """)
  }

  /// Matrices one by one.
  var matrixTable: ReportTable {
    var table = ReportTable(
      "Every matrix that changed",
      [
        .text("module"), .number("rank"), .number("scaling"), .number("‖ΔW‖"),
        .number("‖ΔW‖ / ‖W‖"), .number("top singular value"), .number("its share"),
      ])
    for change in result.weights.changes {
      table.add([
        change.module, change.rank.map(String.init) ?? "–", amount(change.scaling),
        amount(change.norm), percent(change.relativeNorm), amount(change.topSingularValue),
        percent(change.topShare),
      ])
    }
    return table
  }

  private static let rateColumns: [PageTable.Column] = [
    .text("rule"), .number("before"), .number("after"), .number("points (95 %)"), .number("p"),
    .text("by itself"),
  ]

  private func addRules(of set: PromptSetComparison, to table: inout ReportTable) {
    table.add(Self.rateRow("anywhere", set.anywhere.refusals, set.anywhere.verdict))
    table.add(Self.rateRow("opening", set.opening.refusals, set.opening.verdict))
  }

  private static func rateRow(
    _ name: String, _ refusals: PairedComparison, _ verdict: AuditVerdict
  ) -> [String] {
    [
      name, shareAndInterval(refusals.before), shareAndInterval(refusals.after),
      points(refusals.difference), chance(refusals.pValue), verdict.words,
    ]
  }

  private static func words(_ label: AnswerLabel) -> String {
    switch label {
    case .openingRefusal: "opening refusals"
    case .laterRefusal: "later refusals"
    case .answer: "answers"
    case .tooShort: "too short"
    case .repetitive: "repetitive"
    case .improbable: "improbable"
    }
  }

  private static func words(_ kind: AuditBaseline.Kind) -> String {
    switch kind {
    case .withoutSystem: "without a system text"
    case .defaultSystem: "with the template's own system text"
    case .randomUpdate: "with a random update of the tuning's length"
    }
  }

  private static func words(_ counts: [String: Int]) -> String {
    JudgedLabel.allCases.map { "\($0.rawValue) \(counts[$0.rawValue] ?? 0)" }
      .joined(separator: ", ")
  }
}
