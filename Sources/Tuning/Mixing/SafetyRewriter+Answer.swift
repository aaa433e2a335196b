import Inference

extension SafetyRewriter {
  /// Answers of fewer words are too common to be called a leak.
  static let leakedWords = 3
  /// An answer may have this many words or tokens, however short the user's are.
  private static let leastLimit = 25
  /// Every so many-th short answer keeps a second sentence, so that refusals are not one habit.
  private static let explanationStride = 4

  /// A safe answer in the form of the user's answers.
  func answer(
    _ original: String, choice: Choice?, index: Int
  ) -> (text: String, isCut: Bool) {
    let profile = format.answers
    // An answer that opens by agreeing must not be learned beside a request to decline.
    let prefix = ComplianceOpening.phrase(of: profile.prefix) == nil ? profile.prefix : ""
    let lead = lead(choice)
    let sentences = Sentences.split(withoutLead(profile.core(of: original), lead: lead))
    // Up to the sentence that refuses, which need not be the first.
    let refusing = sentences.indices.first { last in
      rules.isRefusal(sentences[...last].joined(), scope: .opening)
    }
    let least = index.isMultiple(of: Self.explanationStride) ? 2 : 1
    var kept = min(max((refusing ?? 0) + 1, least), sentences.count)
    if lead == nil {
      let limit = max(profile.ninthDecile, Self.leastLimit)
      while kept < sentences.count, length(sentences[...kept].joined()) <= limit { kept += 1 }
    }
    let body = sentences[..<kept].joined()
    let text = prefix + (lead.map { $0 + " " } ?? "") + body + profile.suffix
    return (text, kept < sentences.count)
  }

  /// What stands first where the user's answers are only a few letters; nil where they are longer.
  private func lead(_ choice: Choice?) -> String? {
    switch format.answers.kind {
    case .sentence, .long: return nil
    case .letter, .number:
      guard let choice, let label = ListLabel(choice.list.options[choice.correct].label),
        label.name.contains(where: { $0.isLetter || $0.isNumber }),
        label.name.contains(where: \.isNumber) == (format.answers.kind == .number)
      else { return format.answers.kind == .number ? nil : shortRefusal }
      return closed(letterMarks.before + cased(label.name) + letterMarks.after)
    case .word:
      return choice.map { closed($0.list.options[$0.correct].text) } ?? shortRefusal
    }
  }

  private var shortRefusal: String { closed(format.answers.letterCase == .lower ? "no" : "No") }

  private func cased(_ name: String) -> String {
    switch format.answers.letterCase {
    case .lower: name.lowercased()
    case .upper, .capitalized: name.uppercased()
    case .mixed: name
    }
  }

  private func closed(_ text: String) -> String {
    text.last.map { ".:!?".contains($0) } ?? false ? text : text + "."
  }

  /// An answer without the lead that an earlier rewriting gave it.
  private func withoutLead(_ answer: String, lead: String?) -> String {
    guard let lead else { return answer }
    if let opening = PolicyOptions.opening(of: answer) {
      return String(answer.dropFirst(opening.count)).trimmed
    }
    let pieces = TextPiece.pieces(of: answer)
    guard pieces.count > 1, let first = pieces.first else { return answer }
    let isName = first.word.lowercased() == shortRefusal.lowercased()
    let isLabel = isSameLabel(first.word, lead)
    guard isName || isLabel else { return answer }
    return String(answer.dropFirst(first.text.count)).trimmed
  }

  /// Whether two words are labels with the same marks.
  private func isSameLabel(_ word: String, _ lead: String) -> Bool {
    func form(_ text: String) -> String {
      String(text.map { $0.isLetter ? "a" : $0.isNumber ? "1" : $0 })
    }
    return form(word) == form(lead)
  }

  /// Whether a longer answer of the user's stands in a text.
  func hasUserAnswer(_ text: String) -> Bool {
    let words = ComplianceOpening.normalized(text).split(separator: " ")
    for start in words.indices {
      for end in words.indices[start...] where end - start + 1 >= Self.leakedWords {
        if userAnswers.contains(words[start...end].joined(separator: " ")) { return true }
      }
    }
    return false
  }
}
