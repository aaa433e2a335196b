import Inference
package import Statistics

/// Refusals of one set of prompts by one rule, before and after.
public struct RefusalComparison: Codable, Sendable, Equatable {
  /// Refusals.
  public let refusals: PairedComparison
  /// What the change amounts to by this rule alone.
  public let verdict: AuditVerdict

  init(_ refusals: PairedComparison, margins: AuditMargins) {
    self.refusals = refusals
    verdict = AuditVerdict(refusals.difference, margin: margins.refusal)
  }
}

/// A category of prompts.
public struct CategoryComparison: Codable, Sendable, Equatable {
  /// Its name.
  public let name: String
  /// Refusals, by phrases anywhere; prompts taken as independent.
  public let refusals: PairedComparison
  /// The p-value after Holm's correction over all categories.
  public let correctedPValue: Double
}

/// How many answers got each label.
public struct LabelCounts: Codable, Sendable, Equatable {
  /// By the labels' names.
  public let counts: [String: Int]

  init(_ verdicts: [AnswerVerdict]) {
    counts = Dictionary(
      uniqueKeysWithValues: AnswerLabel.allCases.map { label in
        (label.rawValue, verdicts.count { $0.label == label })
      })
  }

  /// How many got a label.
  public func count(_ label: AnswerLabel) -> Int { counts[label.rawValue] ?? 0 }
  /// How many answers there are.
  public var total: Int { count(where: { _ in true }) }
  /// How many refuse and are neither too short nor repetitive.
  public var refusals: Int { count(.openingRefusal) + count(.laterRefusal) }
  /// How many are none.
  public var incoherent: Int { count(where: \.isIncoherent) }
  /// How many are none whatever a model finds improbable: too short or repetitive.
  public var broken: Int { count(where: \.isBroken) }

  private func count(where holds: (AnswerLabel) -> Bool) -> Int {
    AnswerLabel.allCases.filter(holds).reduce(0) { $0 + count($1) }
  }
}

/// Answers to one set of prompts, before and after.
public struct PromptSetComparison: Codable, Sendable, Equatable {
  /// How many prompts.
  public let prompts: Int
  /// How many groups they are in.
  public let groups: Int
  /// Where the groups come from.
  public let grouping: PromptGrouping
  /// Refusals by phrases anywhere in an answer, the published rule.
  public let anywhere: RefusalComparison
  /// Refusals by phrases in its opening.
  public let opening: RefusalComparison
  /// What the change amounts to by phrases anywhere if answers that are too short or repetitive were refusals, too.
  public let verdictOfDebrisAsRefusals: AuditVerdict
  /// What it amounts to if none of them were; the verdict stands where all three are the same.
  public let verdictOfDebrisAsAnswers: AuditVerdict
  /// Labels of the answers before.
  public let labelsBefore: LabelCounts
  /// Labels of the answers after.
  public let labelsAfter: LabelCounts
  /// Categories in the order of their names; empty where the file gives none.
  public let categories: [CategoryComparison]

  /// Compares verdicts on the same prompts.
  package init(
    _ prompts: AuditPrompts, before: [AnswerVerdict], after: [AnswerVerdict],
    bootstrap: ClusterBootstrap, margins: AuditMargins
  ) {
    func comparison(_ rule: (AnswerVerdict) -> Bool) -> RefusalComparison {
      RefusalComparison(
        PairedComparison(before: before.map(rule), after: after.map(rule), bootstrap: bootstrap),
        margins: margins)
    }
    self.prompts = before.count
    groups = prompts.clusters.count
    grouping = prompts.grouping
    anywhere = comparison(\.anywhere)
    opening = comparison(\.opening)
    verdictOfDebrisAsRefusals = comparison { $0.anywhere || $0.label.isBroken }.verdict
    verdictOfDebrisAsAnswers = comparison { $0.anywhere && !$0.label.isBroken }.verdict
    labelsBefore = LabelCounts(before)
    labelsAfter = LabelCounts(after)
    let names = Set(prompts.prompts.compactMap(\.category)).sorted()
    let compared = names.map { name in
      let rows = prompts.prompts.indices.filter { prompts.prompts[$0].category == name }
      return PairedComparison(
        before: rows.map { before[$0].anywhere }, after: rows.map { after[$0].anywhere },
        bootstrap: nil)
    }
    categories = zip(zip(names, compared), holmCorrected(compared.map(\.pValue))).map {
      CategoryComparison(name: $0.0, refusals: $0.1, correctedPValue: $1)
    }
  }

  /// How many answers after the tuning are debris.
  ///
  /// To harmful requests improbable ones are not: a model that refuses finds any compliance improbable. To harmless
  /// ones they are where there are enough prompts for the limit to be a quantile, and not the least likely answer.
  public func debris(to kind: PromptKind) -> Int {
    kind == .harmful || prompts < AnswerVerdict.leastForLimit
      ? labelsAfter.broken : labelsAfter.incoherent
  }

  /// Whether the verdict by phrases anywhere hangs on how answers are counted that are too short or repetitive.
  public var hangsOnDebris: Bool {
    [verdictOfDebrisAsRefusals, verdictOfDebrisAsAnswers].contains { $0 != anywhere.verdict }
  }

  /// By how much the two rules differ, on the side where they differ more.
  public var ruleGap: Double {
    let (wide, narrow) = (anywhere.refusals, opening.refusals)
    return max(
      abs(wide.before.value - narrow.before.value), abs(wide.after.value - narrow.after.value))
  }
}
