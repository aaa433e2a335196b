import Inference
import Kernels
import Tokenization

/// Measures one model piece by piece, keeping every piece in the log and taking from it what is there.
///
/// The model is loaded when something is missing, and let go with the bench.
final class AuditBench {
  private let load: () throws -> Decoder
  private let settings: AuditSettings
  private let log: AuditLog
  private var loaded: Decoder?

  /// Prompts in a piece, a line of the log.
  static let pieceLength = 24
  /// Prompts that one thread answers together.
  private static let promptsAtOnce = 12

  init(_ settings: AuditSettings, log: AuditLog, load: @escaping () throws -> Decoder) {
    self.settings = settings
    self.log = log
    self.load = load
  }

  /// Answers, greedy unless every prompt has a sampler of its own.
  func answers(
    to prompts: [TokenizedPrompt], drawnBy samplers: [Sampler]? = nil, _ key: String
  ) throws -> [[Int32]] {
    let samplers = samplers ?? prompts.map { _ in Sampler() }
    return try pieces(key, of: prompts.count, \.answers) { piece in
      let decoder = try decoder()
      let (ends, maxTokens) = (settings.endOfSequence, settings.audit.maxTokens)
      let starts = Array(
        stride(from: piece.lowerBound, to: piece.upperBound, by: Self.promptsAtOnce))
      let answers = try parallelMap(count: starts.count, threads: settings.threads) { index in
        let end = min(starts[index] + Self.promptsAtOnce, piece.upperBound)
        return try Generator(decoder: decoder, endOfSequence: ends).generate(
          Array(prompts[starts[index]..<end]), maxTokens: maxTokens,
          samplers: Array(samplers[starts[index]..<end])
        ).map(\.ids)
      }
      return AuditLog.Entry(key: "", answers: answers.flatMap { $0 })
    }
  }

  /// Mean log-probability of answers; 0 for one without tokens.
  func meanLogProbabilities(
    of answers: [[Int32]], to prompts: [TokenizedPrompt], _ key: String
  ) throws -> [Double] {
    try numbers(key, of: answers.count) { index, decoder in
      if answers[index].isEmpty { return [0] }
      let logs = try decoder.logProbabilities(of: [answers[index]], behind: prompts[index])[0]
      return [logs.reduce(0, +) / Double(logs.count)]
    }
  }

  /// For each question the place of the choice that is likeliest for its length.
  func choices(_ questions: [EncodedQuestion], _ key: String) throws -> [Int] {
    try numbers(key, of: questions.count) { index, decoder in
      let question = questions[index]
      let logs = try decoder.logProbabilities(of: question.choices, behind: question.prompt)
      let scores = zip(logs, question.lengths).map { $0.reduce(0, +) / Double($1) }
      let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
      return [Double(best)]
    }.map { Int($0) }
  }

  /// A frozen probe's score of each prompt.
  func scores(
    of prompts: [TokenizedPrompt], by probe: FrozenProbe, _ key: String
  ) throws -> [Double] {
    try numbers(key, of: prompts.count) { index, decoder in
      [try probe.score(prompts[index], decoder)]
    }
  }

  /// The loss of each text: minus the sum of its tokens' log-probabilities, nats.
  func losses(of texts: [EncodedText], _ key: String) throws -> [Double] {
    try numbers(key, of: texts.count) { index, decoder in
      let text = texts[index]
      return [
        -(try decoder.logProbabilities(of: [text.response], behind: text.prompt)[0].reduce(0, +))
      ]
    }
  }

  private func numbers(
    _ key: String, of count: Int, _ measure: @Sendable (Int, Decoder) throws -> [Double]
  ) throws -> [Double] {
    try pieces(key, of: count, \.values) { piece in
      let decoder = try decoder()
      let values = try parallelMap(count: piece.count, threads: settings.threads) { index in
        try measure(piece.lowerBound + index, decoder)
      }
      return AuditLog.Entry(key: "", values: values.flatMap { $0 })
    }
  }

  /// Every piece in order, measured where the log does not have it.
  private func pieces<Value>(
    _ key: String, of count: Int, _ part: (AuditLog.Entry) -> [Value]?,
    _ measure: (Range<Int>) throws -> AuditLog.Entry
  ) throws -> [Value] {
    var values: [Value] = []
    for start in stride(from: 0, to: count, by: Self.pieceLength) {
      let piece = start..<min(start + Self.pieceLength, count)
      guard settings.onProgress(key, start, count) else {
        throw AuditError.interrupted(path: log.path)
      }
      let name = "\(key)/\(start)"
      if let known = log.entry(name).flatMap(part), known.count == piece.count {
        values += known
        continue
      }
      var entry = try measure(piece)
      entry.key = name
      try log.append(entry)
      values += part(entry) ?? []
    }
    return values
  }

  private func decoder() throws -> Decoder {
    if let loaded { return loaded }
    let decoder = try load()
    loaded = decoder
    return decoder
  }
}

/// A question as a model reads it.
struct EncodedQuestion: Sendable {
  let prompt: TokenizedPrompt
  /// Tokens of each choice.
  let choices: [[Int32]]
  /// Bytes of each choice's text, which its log-likelihood is divided by.
  let lengths: [Int]
  /// The place of the right one.
  let answer: Int
}

/// A prompt and its answer as a model reads them.
struct EncodedText: Sendable {
  let prompt: TokenizedPrompt
  let response: [Int32]
}
