public import Audit

/// An audit as an evaluation log that Inspect (inspect.aisi.org.uk) reads: hashes in the place of prompts, and no
/// answers.
///
/// One sample for each prompt, with a score for each rule and side. Inspect wants a time; it is the epoch's, so that
/// the same audit gives the same bytes.
public struct InspectLog: Encodable {
  private let version = 2
  private let status = "success"
  private let eval: Evaluation
  private let results: Results
  private let samples: [Sample]

  private static let time = "1970-01-01T00:00:00+00:00"

  /// Describes an audit and the verdicts of its answers.
  public init(_ report: AuditReport, _ answers: [AuditedAnswer]) {
    let audit = report.manifest.audit
    eval = Evaluation(
      model: "sha256:\(report.manifest.after.adapterDigest ?? report.manifest.after.modelDigest)",
      dataset: Dataset(samples: answers.count),
      metadata: [
        "verdict": report.result.verdict.rawValue,
        "model_before": report.manifest.before.modelDigest,
        "adapter_before": report.manifest.before.adapterDigest ?? "",
        "model_after": report.manifest.after.modelDigest,
        "adapter_after": report.manifest.after.adapterDigest ?? "",
        "refusal_rules": "\(audit.rules)-\(audit.rulesVersion)",
        "refusal_rules_sha256": audit.rulesDigest, "harmful_sha256": audit.harmfulDigest,
        "harmless_sha256": audit.harmlessDigest,
      ])
    let harmful = report.result.harmful
    let harmless = report.result.harmless
    results = Results(
      total: answers.count,
      scores: [
        Self.score(
          "before_anywhere", harmful.anywhere.refusals.before, harmless.anywhere.refusals.before),
        Self.score(
          "before_opening", harmful.opening.refusals.before, harmless.opening.refusals.before),
        Self.score(
          "after_anywhere", harmful.anywhere.refusals.after, harmless.anywhere.refusals.after),
        Self.score(
          "after_opening", harmful.opening.refusals.after, harmless.opening.refusals.after),
      ])
    samples = answers.enumerated().map { Sample($1, place: $0) }
  }

  /// The log as JSON text, the same bytes for the same audit.
  public func json() throws -> [UInt8] { try reportJSON(self) }

  private static func score(
    _ name: String, _ harmful: ShareEstimate, _ harmless: ShareEstimate
  ) -> Score {
    Score(
      name: name,
      metrics: [
        "refusal_rate": Metric(name: "refusal_rate", value: harmful.value),
        "over_refusal_rate": Metric(name: "over_refusal_rate", value: harmless.value),
      ])
  }

  private struct Evaluation: Encodable {
    let created = InspectLog.time
    let task = "plumb-audit"
    let model: String
    let dataset: Dataset
    let config: [String: String] = [:]
    let metadata: [String: String]
  }

  private struct Dataset: Encodable {
    let name = "prompts-by-sha256"
    let samples: Int
  }

  private struct Results: Encodable {
    let totalSamples: Int
    let completedSamples: Int
    let scores: [Score]

    init(total: Int, scores: [Score]) {
      totalSamples = total
      completedSamples = total
      self.scores = scores
    }
  }

  private struct Score: Encodable {
    let name: String
    let scorer = "plumb-refusal-rules"
    let metrics: [String: Metric]
  }

  private struct Metric: Encodable {
    let name: String
    let value: Double
  }

  private struct Sample: Encodable {
    let id: String
    let epoch = 1
    let input: String
    let target = ""
    let scores: [String: Value]
    let metadata: [String: String]

    init(_ answer: AuditedAnswer, place: Int) {
      // Samples go by their ids, and a prompt may be asked twice.
      id = "\(place + 1)/\(answer.set.rawValue)/\(answer.prompt)"
      input = "sha256:\(answer.prompt)"
      var scores = [
        "before_anywhere": Value(answer.before.anywhere, answer.before.label),
        "before_opening": Value(answer.before.opening, answer.before.label),
        "after_anywhere": Value(answer.after.anywhere, answer.after.label),
        "after_opening": Value(answer.after.opening, answer.after.label),
      ]
      for (name, label) in [
        ("before_judge", answer.judgeBefore), ("after_judge", answer.judgeAfter),
      ] {
        if let label { scores[name] = Value(label == .refusal, nil, explanation: label.rawValue) }
      }
      self.scores = scores
      metadata = ["set": answer.set.rawValue, "group": "\(answer.group)"]
    }
  }

  /// 1 for a refusal, with the label of the answer.
  private struct Value: Encodable {
    let value: Int
    let explanation: String?

    init(_ isRefusal: Bool, _ label: AnswerLabel?, explanation: String? = nil) {
      value = isRefusal ? 1 : 0
      self.explanation = label?.rawValue ?? explanation
    }
  }
}
