import Probes

extension RefusalOpening {
  /// How the first tokens of refusals were found.
  var sentence: String {
    let asked = """
      the model's own replies (\(positives.refusals) of \(positives.replies) refusals to prompts of class 1, \
      \(negatives.refusals) of \(negatives.replies) to class 0)
      """
    guard let fallback else { return "First tokens of refusals: from \(asked)." }
    let reason =
      switch fallback {
      case .tooFewRefusals: "too few of them refuse"
      case .noTellingToken: "no first token tells refusals from answers"
      }
    return "First tokens of refusals: a fixed list, for in \(asked) \(reason)."
  }
}
