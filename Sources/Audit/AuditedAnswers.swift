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

  /// All answers as CSV, a row for each prompt.
  public static func csv(_ answers: [AuditedAnswer]) -> String {
    let titles = [
      "set", "prompt_sha256", "group", "before_anywhere", "before_opening", "before_label",
      "after_anywhere", "after_opening", "after_label", "judge_before", "judge_after",
    ]
    let rows = answers.map { answer in
      [answer.set.rawValue, answer.prompt, "\(answer.group)"]
        + [answer.before, answer.after].flatMap { verdict in
          ["\(verdict.anywhere)", "\(verdict.opening)", verdict.label.rawValue]
        } + [answer.judgeBefore?.rawValue ?? "", answer.judgeAfter?.rawValue ?? ""]
    }
    return ([titles] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
