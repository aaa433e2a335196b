import Inference

/// The form of a user's training examples, as far as they have one.
public struct UserFormat: Sendable, Hashable, Codable {
  /// What learning the prompts' form came to.
  public enum Finding: String, Sendable, Codable {
    /// Prompts have this template.
    case template
    /// Prompts share nothing, as in plain chat.
    case plain
    /// Parts of the prompts have different forms, so that there is no template.
    case severalFormats = "several_formats"
    /// Too few prompts, or a form that explains too few of them, so that there is no template.
    case unclear
  }

  /// What was found.
  public let finding: Finding
  /// The template; the plain one where none was found.
  public let template: PromptTemplate
  /// The system text of nearly all examples; nil where there is none.
  public let systemText: String?
  /// What answers look like.
  public let answers: AnswerProfile
  /// How many examples it was learned from.
  public let exampleCount: Int
  /// The unit of lengths.
  public let lengthUnit: String
  /// The seed that chose the examples.
  public let seed: UInt64

  private static let systemSupport = 0.9

  /// Learns the form of examples, at least one, from a random sample of them.
  ///
  /// - Parameters:
  ///   - examples: the user's examples.
  ///   - length: how answers are measured.
  ///   - seed: chooses the sample.
  public init(learning examples: [Exchange], length: TextLength = .words, seed: UInt64) {
    precondition(!examples.isEmpty, "there is no example to learn a format from")
    var draws = SeededGenerator(seed: seed, stream: TuningStream.formatSample)
    let sample = draws.permutation(of: examples.count).prefix(PromptTemplate.sampleCount)
      .map { examples[$0] }
    switch PromptTemplate.learn(sample.map(\.user)) {
    case .template(let learned): (finding, template) = (.template, learned)
    case .plain: (finding, template) = (.plain, .plain)
    case .severalFormats: (finding, template) = (.severalFormats, .plain)
    case .unclear: (finding, template) = (.unclear, .plain)
    }
    systemText = examples.compactMap(\.system).mostFrequent.flatMap { system in
      Double(system.count) >= Self.systemSupport * Double(examples.count) ? system.text : nil
    }
    answers = AnswerProfile(sample.map(\.answer), length: length)
    exampleCount = sample.count
    lengthUnit = length.unit
    self.seed = seed
  }

  /// Whether examples in this form are what they were before: nothing fixed surrounds them.
  public var isPlain: Bool {
    guard !template.hasFixedText else { return false }
    if finding == .severalFormats || finding == .unclear { return true }
    guard systemText == nil, answers.prefix.isEmpty, answers.suffix.isEmpty else { return false }
    switch answers.kind {
    case .sentence, .long: return true
    case .letter, .word, .number: return false
    }
  }
}
