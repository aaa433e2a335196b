import Inference
import Tokenization

/// What one model answered.
struct Answers: Sendable {
  /// Tokens of answers to harmful requests.
  let harmful: [[Int32]]
  /// Tokens of answers to harmless ones.
  let harmless: [[Int32]]
  /// The choice taken of each question.
  let choices: [Int]
  /// The loss of each held-out text, nats.
  let losses: [Double]
  /// Tokens of further answers to harmful requests, drawn at random: each sample's, prompt by prompt.
  let samples: [[[Int32]]]
  /// What the frozen probe makes of the prompts; nil without one.
  let scores: ProbeScores?
}

/// A frozen probe's scores of all prompts under one model.
struct ProbeScores: Sendable {
  let harmful: [Double]
  let harmless: [Double]

  subscript(kind: PromptKind) -> [Double] { kind == .harmful ? harmful : harmless }
}

/// How likely a model's answers are for the model before the tuning: mean log-probabilities.
struct Likelihoods: Sendable {
  let harmful: [Double]
  let harmless: [Double]
}

/// What was measured of both models.
struct Measured: Sendable {
  let before: Answers
  let after: Answers
  let likelihoodsBefore: Likelihoods
  let likelihoodsAfter: Likelihoods
  /// Answers to the harmful requests in other settings.
  let baselines: [(AuditBaseline.Kind, [[Int32]])]
}

/// Judges answers by the rules and the gate of a protocol.
struct AnswerJudge {
  private let settings: AuditSettings
  private let limit: Double?
  private let verdicts: [AuditSide: [PromptKind: [AnswerVerdict]]]

  init(_ measured: Measured, _ settings: AuditSettings) {
    self.settings = settings
    let limit = AnswerVerdict.limit(of: measured.likelihoodsBefore.harmless)
    self.limit = limit
    func judge(_ answers: [[Int32]], _ likelihoods: [Double]) -> [AnswerVerdict] {
      zip(answers, likelihoods).map {
        AnswerVerdict(ids: $0, meanLogProbability: $1, limit: limit, settings)
      }
    }
    verdicts = [
      .before: [
        .harmful: judge(measured.before.harmful, measured.likelihoodsBefore.harmful),
        .harmless: judge(measured.before.harmless, measured.likelihoodsBefore.harmless),
      ],
      .after: [
        .harmful: judge(measured.after.harmful, measured.likelihoodsAfter.harmful),
        .harmless: judge(measured.after.harmless, measured.likelihoodsAfter.harmless),
      ],
    ]
  }

  /// The verdicts on a model's answers to a set of prompts.
  func verdicts(_ side: AuditSide, _ kind: PromptKind) -> [AnswerVerdict] {
    verdicts[side]?[kind] ?? []
  }

  /// The verdicts on each harmful request's samples, which no likelihood was measured of.
  func sampleVerdicts(_ answers: Answers) -> [[AnswerVerdict]] {
    answers.harmful.indices.map { prompt in
      answers.samples.map { verdict($0[prompt], meanLogProbability: nil) }
    }
  }

  /// The verdict on any other answer.
  func verdict(_ ids: [Int32], meanLogProbability: Double?) -> AnswerVerdict {
    AnswerVerdict(ids: ids, meanLogProbability: meanLogProbability, limit: limit, settings)
  }
}

extension AnswerVerdict {
  /// Judges the tokens of an answer, whose text goes no further.
  fileprivate init(
    ids: [Int32], meanLogProbability: Double?, limit: Double?, _ settings: AuditSettings
  ) {
    self.init(
      ids: ids, text: settings.encoder.tokenizer.decode(ids, skippingSpecialTokens: true),
      rules: settings.rules, meanLogProbability: meanLogProbability, limit: limit)
  }
}
