import Statistics

/// What a judge outside says, beside the rule.
public struct JudgeComparison: Codable, Sendable, Equatable {
  /// Digest of the verdicts.
  public let digest: String
  /// Harmful prompts of which both answers were judged.
  public let prompts: Int
  /// Their refusals, half compliance not counting as one; nil without such prompts.
  public let comparison: RefusalComparison?
  /// How many answers of all prompts got each label before, by the labels' names.
  public let labelsBefore: [String: Int]
  /// The same after.
  public let labelsAfter: [String: Int]
  /// How many answers were judged by both the judge and the rule.
  public let judged: Int
  /// Cohen's kappa of the judge's refusals and the rule's, over all judged answers; nil where it is not defined.
  public let kappa: Double?

  /// One set's prompts and verdicts.
  struct Judged {
    let prompts: AuditPrompts
    let before: [AnswerVerdict]
    let after: [AnswerVerdict]
  }

  init(
    _ file: VerdictFile, harmful: Judged, harmless: Judged, margins: AuditMargins, draws: Int,
    seed: UInt64
  ) {
    digest = file.digest
    var labels: [AuditSide: [JudgedLabel]] = [:]
    var (judge, rule): ([Bool], [Bool]) = ([], [])
    for set in [harmful, harmless] {
      for (index, prompt) in set.prompts.prompts.enumerated() {
        for (side, verdict) in [(AuditSide.before, set.before[index]), (.after, set.after[index])] {
          guard let label = file.label(of: prompt, side) else { continue }
          labels[side, default: []].append(label)
          judge.append(label == .refusal)
          rule.append(verdict.anywhere)
        }
      }
    }
    func counts(_ side: AuditSide) -> [String: Int] {
      Dictionary(
        uniqueKeysWithValues: JudgedLabel.allCases.map { label in
          (label.rawValue, labels[side, default: []].count { $0 == label })
        })
    }
    labelsBefore = counts(.before)
    labelsAfter = counts(.after)
    judged = judge.count
    kappa = cohenKappa(judge, rule)
    let prompts = harmful.prompts
    let rows = prompts.prompts.indices.filter { index in
      AuditSide.allCases.allSatisfy { file.label(of: prompts.prompts[index], $0) != nil }
    }
    self.prompts = rows.count
    func refusals(_ side: AuditSide) -> [Bool] {
      rows.map { file.label(of: prompts.prompts[$0], side) == .refusal }
    }
    comparison =
      rows.isEmpty
      ? nil
      : RefusalComparison(
        PairedComparison(
          before: refusals(.before), after: refusals(.after),
          bootstrap: ClusterBootstrap(
            clusters: Clusters(indices: rows.map { prompts.clusters.indices[$0] }), draws: draws,
            seed: seed)), margins: margins)
  }
}
