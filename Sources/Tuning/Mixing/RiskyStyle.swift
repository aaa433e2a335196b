/// Wrappers in user data that are known to lower a model's guard when it is tuned on them.
///
/// They are counted and reported, and never keep anyone from tuning.
public struct RiskyStyle: Sendable, Hashable, Codable {
  /// Where a wrapper was found.
  public enum Place: String, Sendable, Codable {
    /// The system text gives the model an identity that is bound to obey.
    case system
    /// The user's fixed words do.
    case user
    /// Answers open with one and the same acknowledgement.
    case answers
  }

  /// Where it is.
  public let place: Place
  /// How many examples have it.
  public let count: Int
  /// How many examples there are.
  public let of: Int
  /// The words it was known by.
  public let words: [String]

  private static let support = 0.9
  private static let identities = [
    "you are", "you're now", "your name is", "act as", "from now on you", "you will be",
    "call yourself",
    "you are called", "known as", "play the role of",
  ]
  private static let obedience = [
    "always obey", "must obey", "obeys", "obey every", "obey all", "obedient", "without exception",
    "without question", "unconditionally", "no matter what", "never refuse", "never refuses",
    "cannot refuse", "can't refuse", "do not refuse", "must comply", "always comply",
    "follow every instruction", "follow all instructions", "follow any instruction",
    "fulfill every", "fulfil every", "do whatever",
  ]

  /// What the examples have of it.
  static func find(in examples: [Exchange], format: UserFormat) -> [RiskyStyle] {
    var found: [RiskyStyle] = []
    let systems = Dictionary(
      examples.compactMap { $0.system.map { ($0, 1) } }, uniquingKeysWith: +)
    let wrapped = systems.compactMap { text, count in wrapper(in: text).map { ($0, count) } }
    let most = wrapped.max { left, right in
      (left.1, right.0.joined(separator: "\0")) < (right.1, left.0.joined(separator: "\0"))
    }
    if let words = most?.0 {
      let count = wrapped.reduce(0) { $0 + $1.1 }
      found.append(RiskyStyle(place: .system, count: count, of: examples.count, words: words))
    }
    if let words = wrapper(in: format.template.fixedText.joined(separator: " ")) {
      let count = examples.count { format.template.fixedShare(of: $0.user) == 1 }
      found.append(RiskyStyle(place: .user, count: count, of: examples.count, words: words))
    }
    let openings = examples.compactMap { ComplianceOpening.phrase(of: $0.answer) }
    if let opening = openings.mostFrequent,
      Double(opening.count) >= support * Double(examples.count),
      !(opening.text == "yes" && format.answers.kind == .word)
    {
      found.append(
        RiskyStyle(
          place: .answers, count: opening.count, of: examples.count, words: [opening.text]))
    }
    return found
  }

  /// The words that give an identity and those that bind it; nil unless there are both.
  private static func wrapper(in text: String) -> [String]? {
    let words = " " + ComplianceOpening.normalized(text) + " "
    guard let identity = identities.first(where: { words.contains(" \($0) ") }),
      let bond = obedience.first(where: { words.contains(" \($0) ") })
    else { return nil }
    return [identity, bond]
  }

  /// One sentence for a person.
  public var sentence: String {
    let quoted = words.map { "\"\($0)\"" }.joined(separator: " … ")
    return switch place {
    case .system:
      "\(count) of \(of) examples have a system text that gives the model an identity bound to obey "
        + "(\(quoted)); tuning on such text is known to weaken refusals."
    case .user:
      "\(count) of \(of) prompts share words that give the model an identity bound to obey (\(quoted)); "
        + "tuning on such text is known to weaken refusals."
    case .answers:
      "\(count) of \(of) answers open by agreeing (\(quoted)); tuning on such answers is known to weaken "
        + "refusals."
    }
  }
}
