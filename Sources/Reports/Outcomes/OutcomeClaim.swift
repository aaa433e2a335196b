import Probes

/// What may be said of classes or numbers, by the headline's gain over the text alone.
enum OutcomeClaim: Sendable {
  /// The probe decodes the label, beyond what the text alone gives away.
  case decodes
  /// The gain may be none.
  case notShown
  /// There is too little for a claim either way.
  case tooSmall
  /// In some training part nothing could be chosen.
  case nothingChosen

  init(hasHeadline: Bool, gain: Estimate?, obstacles: [OutcomeObstacle]) {
    if hasHeadline {
      self = (gain?.low ?? 0) > 0 ? .decodes : .notShown
    } else {
      self = obstacles.isEmpty ? .nothingChosen : .tooSmall
    }
  }

  /// The claim in one to three words.
  var word: String {
    switch self {
    case .decodes: "Decodes"
    case .notShown: "Not shown"
    case .tooSmall: "Too small to say"
    case .nothingChosen: "No headline"
    }
  }

  /// The claim at the top of a page.
  func verdict(sentence: String) -> PageVerdict {
    let tone: PageVerdict.Tone =
      switch self {
      case .decodes: .holds
      case .notShown: .refuted
      case .tooSmall, .nothingChosen: .open
      }
    return PageVerdict(
      tone: tone, word: word, sentence: sentence,
      findings: warning.map { [.init(refutes: true, sentence: $0)] } ?? [])
  }

  /// What a gain that may be none means.
  var warning: String? {
    switch self {
    case .notShown:
      """
      The interval of the gain reaches zero or below: these prompts do not show that the activations \
      hold more than the text's surface does.
      """
    case .decodes, .tooSmall, .nothingChosen: nil
    }
  }
}
