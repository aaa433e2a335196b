public import Inference

/// Puts safety examples into the form of a user's data, deterministically.
///
/// Mimic mixing after Eiras et al., arXiv 2406.10288; their language model that paraphrases is replaced by
/// a template that is read from the data.
public struct SafetyRewriter: Sendable {
  /// The form.
  public let format: UserFormat
  let rules: RefusalRules
  let length: TextLength
  let seed: UInt64
  /// What the user's prompts have in the slots.
  private let slots: [SlotValues]
  /// The user's longer answers, as words.
  let userAnswers: Set<String>
  /// How the user's answers write a letter: what stands before and after it.
  let letterMarks: (before: String, after: String)

  /// Share of the values of a slot that are empty, above which it may be left empty.
  private static let emptySupport = 0.05

  /// Makes a rewriter.
  ///
  /// - Parameters:
  ///   - format: what was learned from the examples.
  ///   - examples: the user's examples.
  ///   - rules: what counts as a refusal.
  ///   - length: how answers are measured, in the unit of the format.
  ///   - seed: decides about options and stand-ins.
  public init(
    format: UserFormat, examples: [Exchange], rules: RefusalRules = .general,
    length: TextLength = .words, seed: UInt64
  ) {
    precondition(
      format.lengthUnit == length.unit, "lengths in \(format.lengthUnit) and in \(length.unit)")
    self.format = format
    self.rules = rules
    self.length = length
    self.seed = seed
    var values: [[String]] = []
    for example in examples where values.count < PromptTemplate.sampleCount {
      if let found = format.template.values(in: example.user) { values.append(found) }
    }
    slots = format.template.slots.indices.map { slot in SlotValues(values.map { $0[slot] }) }
    let answers = examples.map { format.answers.core(of: $0.answer) }
    userAnswers = Set(
      answers.filter { !rules.isRefusal($0, scope: .anywhere) }.map(ComplianceOpening.normalized)
        .filter { $0.split(separator: " ").count >= Self.leakedWords })
    let letter = answers.first { $0.count <= 3 && $0.count(where: \.isLetter) == 1 } ?? "A"
    letterMarks = (
      String(letter.prefix { !$0.isLetter }), String(letter.drop { !$0.isLetter }.dropFirst())
    )
  }

  /// A safety example in the user's form.
  ///
  /// - Parameters:
  ///   - example: a request with a safe answer.
  ///   - index: its place among the safety examples, which decides its draws.
  /// - Returns: the example, and what was done to it.
  /// - Throws: `RewriteRejection` where the result would not be what it should.
  public func rewrite(
    _ example: SafetyExample, index: Int
  ) throws(RewriteRejection) -> AddedExample {
    if format.isPlain {
      guard isSafe(example.exchange.answer, example) else { throw .notRefusal }
      return AddedExample(index: index, example)
    }
    let filled = fill(example.exchange.user, index: index)
    let answer = answer(example.exchange.answer, choice: filled.choice, index: index)
    let prompt = format.template.rendered(filled.values)
    try validate(prompt, question: filled.question, request: filled.request)
    guard isSafe(answer.text, example) else { throw .notRefusal }
    guard !hasUserAnswer(answer.text) else { throw .answerLeaked }
    return AddedExample(
      index: index, example,
      exchange: Exchange(
        system: format.systemText ?? example.exchange.system, user: prompt, answer: answer.text),
      options: filled.choice?.list.options.map(\.text) ?? [], isCut: answer.isCut)
  }

  /// Options that were drawn, with the one that declines.
  struct Choice {
    let list: OptionList
    let correct: Int
  }

  private struct Filled {
    var values: [String]
    /// The request as it is given.
    var request: String
    /// What is in the question's slot.
    var question: String
    var choice: Choice?
  }

  /// Values for all slots; those of a prompt that has the form already are kept.
  private func fill(_ prompt: String, index: Int) -> Filled {
    let template = format.template
    let present = template.hasFixedText ? template.values(in: prompt) : nil
    var filled = Filled(values: [], request: "", question: "", choice: nil)
    var optionDraws = SeededGenerator(seed: seed, stream: TuningStream.options + UInt64(index))
    var standInDraws = SeededGenerator(seed: seed, stream: TuningStream.standIns + UInt64(index))
    for (slot, form) in template.slots.enumerated() {
      switch form.kind {
      case .question:
        filled.request = present?[slot] ?? prompt.trimmed
        filled.question = slots[slot].fitted(filled.request)
        filled.values.append(filled.question)
      case .context:
        filled.values.append(present?[slot] ?? standIn(slot, form, &standInDraws))
      case .choices:
        let lists = slots[slot].lists
        guard !lists.isEmpty else {
          filled.values.append(present?[slot] ?? "")
          continue
        }
        let list = lists[optionDraws.below(lists.count)]
        let drawn = PolicyOptions.drawn(like: list, &optionDraws)
        filled.choice = Choice(list: drawn.list, correct: drawn.correct)
        filled.values.append(drawn.list.text)
      }
    }
    return filled
  }

  /// Nothing where the user's data leave the slot empty now and then, else a shorter value of theirs.
  private func standIn(
    _ slot: Int, _ form: PromptTemplate.Slot, _ draws: inout SeededGenerator
  ) -> String {
    if form.emptyShare >= Self.emptySupport { return "" }
    let values = slots[slot].values.filter { $0.count <= form.medianLength }
    return values.isEmpty ? "" : values[draws.below(values.count)]
  }

  private func validate(
    _ prompt: String, question: String, request: String
  ) throws(RewriteRejection) {
    guard let slot = format.template.questionSlot,
      let values = format.template.values(in: prompt), values[slot] == question
    else { throw .formLost }
    guard question.lowercased().contains(request.lowercased()) else { throw .requestAltered }
  }

  private func isSafe(_ answer: String, _ example: SafetyExample) -> Bool {
    example.isRedirection || rules.isRefusal(answer, scope: .opening)
  }
}
