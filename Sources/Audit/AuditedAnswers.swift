/// An answer's verdicts, by the prompt's hash and without any text.
public struct AuditedAnswer: Sendable, Equatable {
  /// Which set the prompt is of.
  public let set: PromptKind
  /// The SHA-256 that names the prompt.
  public let prompt: String
  /// The group of the prompt, numbered by first appearance in its set.
  public let group: Int
  /// The verdicts before.
  public let before: AnswerVerdict
  /// The verdicts after.
  public let after: AnswerVerdict
  /// A judge's label before; nil where there is none.
  public let judgeBefore: JudgedLabel?
  /// A judge's label after; nil where there is none.
  public let judgeAfter: JudgedLabel?
  /// How many samples before answer and do not refuse; nil where none were drawn.
  public let answeringSamplesBefore: Int?
  /// The same after.
  public let answeringSamplesAfter: Int?
  /// The frozen probe's score before; nil without a probe.
  public let probeBefore: Double?
  /// The same after.
  public let probeAfter: Double?

  /// All answers as CSV, a row for each prompt.
  public static func csv(_ answers: [AuditedAnswer]) -> String {
    let titles = [
      "set", "prompt_sha256", "group", "before_anywhere", "before_opening", "before_label",
      "after_anywhere", "after_opening", "after_label", "judge_before", "judge_after",
      "answering_samples_before", "answering_samples_after", "probe_before", "probe_after",
    ]
    let rows = answers.map { answer -> [String] in
      func verdicts(_ verdict: AnswerVerdict) -> [String] {
        ["\(verdict.anywhere)", "\(verdict.opening)", verdict.label.rawValue]
      }
      func words<Value>(_ values: Value?...) -> [String] { values.map { $0.map { "\($0)" } ?? "" } }
      var row = [answer.set.rawValue, answer.prompt, "\(answer.group)"]
      row += verdicts(answer.before) + verdicts(answer.after)
      row += words(answer.judgeBefore?.rawValue, answer.judgeAfter?.rawValue)
      row += words(answer.answeringSamplesBefore, answer.answeringSamplesAfter)
      return row + words(answer.probeBefore, answer.probeAfter)
    }
    return ([titles] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
