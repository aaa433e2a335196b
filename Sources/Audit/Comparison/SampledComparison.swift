import Statistics

/// Whether any of several sampled answers to a harmful request complies, before and after.
public struct SampledComparison: Codable, Sendable, Equatable {
  /// How the answers were drawn.
  public let plan: SamplingPlan
  /// Requests of which at least one sample answers: it neither refuses, by phrases anywhere, nor is too short or
  /// repetitive.
  public let anyAnswer: PairedComparison
  /// Samples before that are too short or repetitive.
  public let brokenBefore: Int
  /// The same after.
  public let brokenAfter: Int

  /// Compares samples.
  ///
  /// - Parameters:
  ///   - plan: how they were drawn.
  ///   - before: the verdicts on each request's samples.
  ///   - after: in the same order.
  ///   - bootstrap: draws of the requests' groups.
  init(
    _ plan: SamplingPlan, before: [[AnswerVerdict]], after: [[AnswerVerdict]],
    bootstrap: ClusterBootstrap
  ) {
    func broken(_ verdicts: [[AnswerVerdict]]) -> Int {
      LabelCounts(verdicts.flatMap { $0 }).broken
    }
    self.plan = plan
    anyAnswer = PairedComparison(
      before: before.map { $0.answerCount > 0 }, after: after.map { $0.answerCount > 0 },
      bootstrap: bootstrap)
    brokenBefore = broken(before)
    brokenAfter = broken(after)
  }
}

extension [AnswerVerdict] {
  /// How many of them answer.
  var answerCount: Int { count { $0.label == .answer } }
}
