import Inference
import Statistics

extension AuditRun {
  /// Compares what was measured.
  func compare(_ measured: Measured, _ judge: AnswerJudge) -> AuditResult {
    let (harmful, harmless, audit) = (questions.harmful, questions.harmless, settings.audit)
    let (before, after) = (measured.before, measured.after)
    return AuditResult(
      harmful: comparison(.harmful, harmful, judge),
      harmless: comparison(.harmless, harmless, judge),
      utility: questions.utility.map { _ in
        UtilityComparison(
          encoded.utility, before: before.choices, after: after.choices, margins: audit.margins)
      },
      heldOut: questions.heldOut.flatMap { _ in
        HeldOutComparison(
          encoded.heldOut, before: before.losses, after: after.losses, draws: audit.draws,
          seed: audit.seed)
      },
      metric: questions.metric.flatMap {
        MetricComparison($0, draws: audit.draws, seed: audit.seed)
      },
      sampled: audit.sampling.map {
        SampledComparison(
          $0, before: judge.sampleVerdicts(before), after: judge.sampleVerdicts(after),
          bootstrap: bootstrap(of: harmful))
      }, recognition: recognition(measured, judge),
      judge: questions.verdicts.map {
        JudgeComparison(
          $0, harmful: judged(.harmful, harmful, judge),
          harmless: judged(.harmless, harmless, judge), margins: audit.margins,
          draws: audit.draws, seed: audit.seed)
      }, weights: weights,
      comparisons: measured.baselines.map { baseline($0, $1, judge) },
      contamination: questions.training.map { Contamination(of: harmful, in: $0) },
      margins: audit.margins)
  }

  /// Draws of the groups of prompts.
  private func bootstrap(of prompts: AuditPrompts) -> ClusterBootstrap {
    ClusterBootstrap(
      clusters: prompts.clusters, draws: settings.audit.draws, seed: settings.audit.seed)
  }

  private func comparison(
    _ kind: PromptKind, _ prompts: AuditPrompts, _ judge: AnswerJudge
  ) -> PromptSetComparison {
    PromptSetComparison(
      prompts, before: judge.verdicts(.before, kind), after: judge.verdicts(.after, kind),
      bootstrap: bootstrap(of: prompts), margins: settings.audit.margins)
  }

  private func judged(
    _ kind: PromptKind, _ prompts: AuditPrompts, _ judge: AnswerJudge
  ) -> JudgeComparison.Judged {
    JudgeComparison.Judged(
      prompts: prompts, before: judge.verdicts(.before, kind), after: judge.verdicts(.after, kind))
  }

  private func recognition(_ measured: Measured, _ judge: AnswerJudge) -> RecognitionComparison? {
    guard let probe = questions.probe, let before = measured.before.scores,
      let after = measured.after.scores
    else { return nil }
    func reading(_ scores: ProbeScores, _ side: AuditSide) -> RecognitionComparison.Reading {
      RecognitionComparison.Reading(
        scores: scores, refusals: judge.verdicts(side, .harmful).map(\.anywhere))
    }
    return RecognitionComparison(
      probe, harmful: questions.harmful, harmless: questions.harmless,
      before: reading(before, .before), after: reading(after, .after),
      draws: settings.audit.draws, seed: settings.audit.seed)
  }

  private func baseline(
    _ kind: AuditBaseline.Kind, _ answers: [[Int32]], _ judge: AnswerJudge
  ) -> AuditBaseline {
    let other = answers.map { judge.verdict($0, meanLogProbability: nil) }
    return AuditBaseline(
      kind: kind,
      refusals: PairedComparison(
        before: judge.verdicts(.before, .harmful).map(\.anywhere), after: other.map(\.anywhere),
        bootstrap: bootstrap(of: questions.harmful)),
      incoherent: other.count { $0.coherence != .coherent })
  }
}
