public import Inference
import Kernels
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
    /// A judge's verdicts.
    public let verdicts: VerdictFile?
    /// What the tuning learned from.
    public let training: PromptSet?

    /// Puts the parts together.
    public init(
      harmful: AuditPrompts, harmless: AuditPrompts, utility: UtilityItems? = nil,
      heldOut: HeldOutTexts? = nil, verdicts: VerdictFile? = nil, training: PromptSet? = nil
    ) {
      self.harmful = harmful
      self.harmless = harmless
      self.utility = utility
      self.heldOut = heldOut
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

  private let models: Models
  private let questions: Questions
  private let settings: AuditSettings
  private let weights: WeightReport
  private let encoded: EncodedQuestions

  /// Encodes what is asked, so that what does not fit is refused before anything runs.
  ///
  /// - Throws: `TokenizationError` for conversations that cannot be laid out, `InferenceError.contextTooShort`.
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
    let (harmful, harmless) = (questions.harmful, questions.harmless)
    let audit = settings.audit
    func comparison(_ prompts: AuditPrompts, _ set: KeyPath<Answers, [[Int32]]>)
      -> PromptSetComparison
    {
      PromptSetComparison(
        prompts, before: judge.verdicts(.before, set), after: judge.verdicts(.after, set),
        bootstrap: ClusterBootstrap(
          clusters: prompts.clusters, draws: audit.draws, seed: audit.seed),
        margins: audit.margins)
    }
    func judged(
      _ prompts: AuditPrompts, _ set: KeyPath<Answers, [[Int32]]>
    ) -> JudgeComparison.Judged {
      JudgeComparison.Judged(
        prompts: prompts, before: judge.verdicts(.before, set), after: judge.verdicts(.after, set))
    }
    let result = AuditResult(
      harmful: comparison(harmful, \.harmful), harmless: comparison(harmless, \.harmless),
      utility: questions.utility.map { _ in
        UtilityComparison(
          encoded.utility, before: measured.before.choices, after: measured.after.choices,
          margins: audit.margins)
      },
      heldOut: questions.heldOut.flatMap { _ in
        HeldOutComparison(
          encoded.heldOut, before: measured.before.losses, after: measured.after.losses,
          draws: audit.draws, seed: audit.seed)
      },
      judge: questions.verdicts.map {
        JudgeComparison(
          $0, harmful: judged(harmful, \.harmful), harmless: judged(harmless, \.harmless),
          margins: audit.margins, draws: audit.draws, seed: audit.seed)
      }, weights: weights,
      comparisons: measured.baselines.map { kind, answers in
        baseline(kind, answers, judge)
      }, contamination: questions.training.map { Contamination(of: harmful, in: $0) },
      margins: audit.margins)
    let sets: [(PromptKind, AuditPrompts, KeyPath<Answers, [[Int32]]>)] = [
      (.harmful, harmful, \.harmful), (.harmless, harmless, \.harmless),
    ]
    return Outcome(
      result: result,
      answers: sets.flatMap { kind, prompts, set in
        answers(kind, judged(prompts, set))
      })
  }

  private func answers(_ kind: PromptKind, _ set: JudgeComparison.Judged) -> [AuditedAnswer] {
    set.prompts.prompts.enumerated().map { index, prompt in
      AuditedAnswer(
        set: kind, prompt: prompt.digest, group: set.prompts.clusters.indices[index],
        before: set.before[index], after: set.after[index],
        judgeBefore: questions.verdicts?.label(of: prompt, .before),
        judgeAfter: questions.verdicts?.label(of: prompt, .after))
    }
  }

  private func baseline(
    _ kind: AuditBaseline.Kind, _ answers: [[Int32]], _ judge: AnswerJudge
  ) -> AuditBaseline {
    let other = answers.map { judge.verdict($0, meanLogProbability: nil) }
    return AuditBaseline(
      kind: kind,
      refusals: PairedComparison(
        before: judge.verdicts(.before, \.harmful).map(\.anywhere), after: other.map(\.anywhere),
        bootstrap: ClusterBootstrap(
          clusters: questions.harmful.clusters, draws: settings.audit.draws,
          seed: settings.audit.seed)),
      incoherent: other.count { $0.coherence != .coherent })
  }

  /// Asks both models, one loaded at a time.
  private func measure(_ log: AuditLog) throws -> Measured {
    var baselines: [(AuditBaseline.Kind, [[Int32]])] = []
    func answers(of side: AuditSide, _ bench: AuditBench) throws -> Answers {
      let name = side.rawValue
      return Answers(
        harmful: try bench.answers(to: encoded.harmful, "\(name)/harmful"),
        harmless: try bench.answers(to: encoded.harmless, "\(name)/harmless"),
        choices: try bench.choices(encoded.utility, "\(name)/utility"),
        losses: try bench.losses(of: encoded.heldOut, "\(name)/held-out"))
    }
    let before: Answers
    do {
      let bench = bench(models.before, log)
      before = try answers(of: .before, bench)
      if settings.measuresBaseline, let other = encoded.otherSystem {
        baselines.append(
          (other.kind, try bench.answers(to: other.prompts, "before/\(other.kind.rawValue)")))
      }
    }
    let after = try answers(of: .after, bench(models.after, log))
    if settings.measuresRandomControl,
      let random = weights.randomAdapter(for: models.before, seed: settings.audit.seed)
    {
      let disturbed = try AdaptedModel(
        models.before.checkpoint, adapters: models.before.adapters + [AppliedAdapter(random)])
      baselines.append(
        (
          .randomUpdate,
          try bench(disturbed, log).answers(to: encoded.harmful, "random-update/harmful")
        ))
    }
    // The gate asks the model before how likely both models' answers are.
    let bench = bench(models.before, log)
    func likelihoods(_ side: AuditSide, _ answers: Answers) throws -> Likelihoods {
      Likelihoods(
        harmful: try bench.meanLogProbabilities(
          of: answers.harmful, to: encoded.harmful, "likelihood/\(side.rawValue)/harmful"),
        harmless: try bench.meanLogProbabilities(
          of: answers.harmless, to: encoded.harmless, "likelihood/\(side.rawValue)/harmless"))
    }
    return Measured(
      before: before, after: after, likelihoodsBefore: try likelihoods(.before, before),
      likelihoodsAfter: try likelihoods(.after, after), baselines: baselines)
  }

  private func bench(_ model: AdaptedModel, _ log: AuditLog) -> AuditBench {
    let (precision, threads) = (settings.audit.precision, settings.threads)
    return AuditBench(settings, log: log) {
      try Decoder(model, precision: precision, threads: threads)
    }
  }
}
