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
    [
      prompts, refusalRates, pairs, categories, overRefusal, utility, coherence, sampled,
      recognition, weights, others,
    ].compactMap { $0 }
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

  private static func words(_ counts: [String: Int]) -> String {
    JudgedLabel.allCases.map { "\($0.rawValue) \(counts[$0.rawValue] ?? 0)" }
      .joined(separator: ", ")
  }
}
