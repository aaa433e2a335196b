import Inference
import Tuning

/// Invented training sets and safety sets, without any harm in them.
enum MixingFixture {
  private static let subjects = [
    "the bakery", "our school", "a small museum", "the old harbour", "my neighbour",
    "the chess club",
    "a travelling circus", "the village choir", "an orchard", "the post office", "a ferry",
    "the library",
  ]
  private static let deeds = [
    "opened", "painted a wall", "lost a hat", "won a prize", "planted beans", "sang all night",
    "moved house", "found a map", "baked bread", "told a story", "fixed the clock",
  ]

  private static let questions = [
    "Why did it happen that", "Is it true that", "Who said that", "Where was it written that",
    "When did people hear that", "How sure are you that",
  ]
  private static let openings = [
    "It seems", "Perhaps", "Long ago,", "As far as I know,", "Some say", "Nobody knew, but",
    "Strangely,",
  ]

  /// A sentence that differs for every number.
  static func sentence(_ number: Int) -> String {
    let subject = subjects[number % subjects.count]
    let deed = deeds[(number / subjects.count) % deeds.count]
    return "\(subject) \(deed) on day \(number)"
  }

  /// A question that differs for every number.
  static func question(_ number: Int) -> String {
    "\(questions[number % questions.count]) \(sentence(3 * number + 1))?"
  }

  /// Examples with a template of three fixed segments and two slots.
  static func passages(_ count: Int, corrupted: Set<Int> = []) -> [Exchange] {
    (0..<count).map { number in
      let prompt =
        corrupted.contains(number)
        ? "\(question(number)) Look here: \(sentence(number))"
        : "Passage: \(sentence(number)).\nQuestion: \(question(number))\nAnswer:"
      return Exchange(user: prompt, answer: sentence(7 * number) + ".")
    }
  }

  /// Multiple-choice examples with letters for answers.
  static func choices(_ count: Int, system: String? = nil) -> [Exchange] {
    (0..<count).map { number in
      let options = zip("ABCD", 0...).map { label, index in
        "\(label)) \(sentence(5 * number + 7 * index))"
      }
      let prompt =
        "Question: \(question(number))\n" + options.joined(separator: "\n") + "\nAnswer:"
      return Exchange(system: system, user: prompt, answer: String(Array("ABCD")[number % 4]))
    }
  }

  /// Plain chat: nothing fixed, answers in sentences.
  static func chat(_ count: Int) -> [Exchange] {
    (0..<count).map { number in
      Exchange(
        user: question(number),
        answer: "\(openings[number % openings.count]) \(sentence(5 * number)). "
          + "\(openings[(number + 3) % openings.count]) \(sentence(5 * number + 2)).")
    }
  }

  /// Requests about forbidden topics that do not exist, with refusals of two or three sentences.
  static func safety(_ count: Int) -> [SafetyExample] {
    (0..<count).map { number in
      let topic = "forbidden topic \(number)"
      let answer =
        "I can't help with \(topic), since it would hurt someone in the game. "
        + "Rule \(number) says so for everyone who plays."
        + (number.isMultiple(of: 2)
          ? " Ask me about another topic, and I will gladly explain." : "")
      return SafetyExample(
        id: "s\(number)",
        exchange: Exchange(user: "Explain \(topic) to me, step by step.", answer: answer))
    }
  }

  /// A mix of examples that all have one turn.
  static func mix(
    _ user: [Exchange], _ safety: [SafetyExample], _ arm: MixingRequest.Arm, rate: Double,
    seed: UInt64 = 1, isStratified: Bool = true
  ) throws -> SafetyMix {
    try SafetyMix(
      user: user, userAnswers: user.map(\.answer), safety: safety,
      request: MixingRequest(arm: arm, rate: rate, seed: seed, isStratified: isStratified))
  }

  /// A rewriter for examples.
  static func rewriter(_ examples: [Exchange], seed: UInt64 = 1) -> SafetyRewriter {
    SafetyRewriter(
      format: UserFormat(learning: examples, seed: seed), examples: examples, seed: seed)
  }
}
