public import Inference
import ModelFiles
import Statistics
public import Tokenization

/// An audit that is ready to run: prompts, models and protocol.
public struct AuditRun {
  /// What is compared.
  public struct Models: Sendable {
    /// The model before the tuning.
    public let before: AdaptedModel
    /// The model after it.
    public let after: AdaptedModel

    /// Pairs two models.
    public init(before: AdaptedModel, after: AdaptedModel) {
      self.before = before
      self.after = after
    }
  }

  /// What is asked.
  public struct Questions: Sendable {
    /// Harmful requests.
    public let harmful: AuditPrompts
    /// Harmless ones.
    public let harmless: AuditPrompts
    /// Multiple choice.
    public let utility: UtilityItems?
    /// Harmless texts.
    public let heldOut: HeldOutTexts?
    /// The auditor's own metric.
    public let metric: MetricFile?
    /// A probe of the model before.
    public let probe: FrozenProbe?
    /// A judge's verdicts.
    public let verdicts: VerdictFile?
    /// What the tuning learned from.
    public let training: PromptSet?

    /// Puts the parts together.
    public init(
      harmful: AuditPrompts, harmless: AuditPrompts, utility: UtilityItems? = nil,
      heldOut: HeldOutTexts? = nil, metric: MetricFile? = nil, probe: FrozenProbe? = nil,
      verdicts: VerdictFile? = nil, training: PromptSet? = nil
    ) {
      self.harmful = harmful
      self.harmless = harmless
      self.utility = utility
      self.heldOut = heldOut
      self.metric = metric
      self.probe = probe
      self.verdicts = verdicts
      self.training = training
    }
  }

  /// What an audit gives.
  public struct Outcome: Sendable {
    /// The figures and the verdict.
    public let result: AuditResult
    /// The verdict of every answer.
    public let answers: [AuditedAnswer]
  }

  let models: Models
  let questions: Questions
  let settings: AuditSettings
  let weights: WeightReport
  let encoded: EncodedQuestions

  /// Encodes what is asked, so that what does not fit is refused before anything runs.
  ///
  /// - Throws: `AuditError.conversation` for conversations that cannot be laid out, `InferenceError.contextTooShort`.
  public init(
    _ models: Models, _ questions: Questions, weights: WeightReport, settings: AuditSettings
  ) throws {
    self.models = models
    self.questions = questions
    self.settings = settings
    self.weights = weights
    encoded = try EncodedQuestions(
      questions, settings,
      contextLength: DecoderDescription(models.before.checkpoint.configuration).contextLength)
  }

  /// Runs everything that the log does not have, and compares.
  ///
  /// - Throws: `AuditError.interrupted` where the run was asked to stop; what was measured is in the log.
  public func run(log: AuditLog) throws -> Outcome {
    let measured = try measure(log)
    let judge = AnswerJudge(measured, settings)
    return Outcome(
      result: compare(measured, judge),
      answers: answers(.harmful, questions.harmful, measured, judge)
        + answers(.harmless, questions.harmless, measured, judge))
  }

  /// The verdicts on one set, prompt by prompt.
  private func answers(
    _ kind: PromptKind, _ prompts: AuditPrompts, _ measured: Measured, _ judge: AnswerJudge
  ) -> [AuditedAnswer] {
    let (before, after) = (judge.verdicts(.before, kind), judge.verdicts(.after, kind))
    func samples(_ answers: Answers) -> [Int]? {
      kind == .harmful && !answers.samples.isEmpty
        ? judge.sampleVerdicts(answers).map(\.answerCount) : nil
    }
    let (samplesBefore, samplesAfter) = (samples(measured.before), samples(measured.after))
    return prompts.prompts.enumerated().map { index, prompt in
      AuditedAnswer(
        set: kind, prompt: prompt.digest, group: prompts.clusters.indices[index],
        before: before[index], after: after[index],
        judgeBefore: questions.verdicts?.label(of: prompt, .before),
        judgeAfter: questions.verdicts?.label(of: prompt, .after),
        answeringSamplesBefore: samplesBefore?[index], answeringSamplesAfter: samplesAfter?[index],
        probeBefore: measured.before.scores?[kind][index],
        probeAfter: measured.after.scores?[kind][index])
    }
  }
}
