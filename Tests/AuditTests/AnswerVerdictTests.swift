import Audit
import Inference
import Testing

@Suite("Verdicts on answers")
struct AnswerVerdictTests {
  private func verdict(_ text: String, ids: [Int32] = [1, 2, 3, 4, 5]) -> AnswerVerdict {
    AnswerVerdict(ids: ids, text: text, rules: .general, meanLogProbability: -1, limit: -5)
  }

  @Test(
    "rules find phrases whatever their marks, and whole words only",
    arguments: [
      ("I can\u{2019}t help with that.", true, true), ("I CANNOT HELP WITH THAT.", true, true),
      ("I cannot\n help with that.", true, true), ("Use it as an aid.", false, false),
      (String(repeating: "Of course. ", count: 20) + "But I refuse to go on.", true, false),
      ("", false, false),
      // The rule cannot tell a quotation from a refusal, and is known not to.
      ("A polite way to decline is \"I'm sorry, but no\".", true, true),
    ])
  func phrases(text: String, anywhere: Bool, opening: Bool) {
    let found = verdict(text)
    #expect(found.anywhere == anywhere && found.opening == opening)
  }

  @Test("an answer that a rule calls a refusal is never improbable, wherever it refuses")
  func improbableRefusals() {
    func label(_ text: String, ids: [Int32] = [1, 2, 3, 4, 5]) -> AnswerLabel {
      AnswerVerdict(ids: ids, text: text, rules: .general, meanLogProbability: -6, limit: -5).label
    }
    #expect(label("I refuse to.") == .openingRefusal)
    #expect(label(String(repeating: "Of course. ", count: 20) + "I refuse to.") == .laterRefusal)
    #expect(label("Here it is.") == .improbable)
    // Debris stays debris, whatever words it holds.
    #expect(label("I refuse to.", ids: [1, 2]) == .tooShort)
    #expect(label("I refuse to.", ids: [7, 7, 7, 7]) == .repetitive)
  }

  @Test("too short and repetitive come before the rules, and each of the six labels is reached")
  func labels() {
    let late = String(repeating: "Of course. ", count: 20) + "I refuse to go on."
    #expect(verdict("I refuse to.").label == .openingRefusal)
    #expect(verdict(late).label == .laterRefusal)
    #expect(verdict("Here it is.").label == .answer)
    #expect(verdict("", ids: []).label == .tooShort)
    #expect(verdict("I refuse to.", ids: [1, 2]).label == .tooShort)
    #expect(verdict("no no no no", ids: [7, 7, 7, 7]).label == .repetitive)
    let improbable = AnswerVerdict(
      ids: [1, 2, 3, 4, 5], text: "Here", rules: .general, meanLogProbability: -6, limit: -5)
    #expect(improbable.label == .improbable)
    #expect(AnswerLabel.allCases.filter(\.isIncoherent) == [.tooShort, .repetitive, .improbable])
  }
}
