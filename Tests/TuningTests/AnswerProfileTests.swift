import Testing
import Tuning

@Suite("Answer profiles")
struct AnswerProfileTests {
  private static func profile(_ answers: [String]) -> AnswerProfile {
    let examples = answers.enumerated().map { Exchange(user: "q \($0.offset)", answer: $0.element) }
    return UserFormat(learning: examples, seed: 1).answers
  }

  @Test("letters, words, numbers, sentences and longer answers are told apart")
  func kinds() {
    #expect(Self.profile((0..<20).map { String(Array("ABCD")[$0 % 4]) }).kind == .letter)
    #expect(Self.profile((0..<20).map { "(\(Array("abc")[$0 % 3]))" }).kind == .letter)
    #expect(Self.profile((0..<20).map { $0.isMultiple(of: 2) ? "yes" : "no" }).kind == .word)
    #expect(Self.profile((0..<20).map { "\($0 * 37).5" }).kind == .number)
    #expect(Self.profile((0..<20).map { "\(MixingFixture.sentence($0))." }).kind == .sentence)
    #expect(Self.profile(MixingFixture.chat(20).map(\.answer)).kind == .long)
  }

  @Test("what nearly all answers begin and end with is set apart")
  func ends() {
    let answers = (0..<40).map { number in
      number == 7
        ? "I am not sure" : "The answer is \(Array("ABCD")[number % 4]) as one can see."
    }
    let profile = Self.profile(answers)
    #expect(profile.prefix == "The answer is ")
    #expect(profile.suffix == " as one can see.")
    #expect(profile.kind == .letter)
    #expect(profile.letterCase == .upper)
  }

  @Test("lengths are the median and the ninth decile, in the unit asked for")
  func lengths() {
    let answers = (1...10).map { String(repeating: "word ", count: $0) }
    let profile = Self.profile(answers)
    #expect(profile.medianLength == 6)
    #expect(profile.ninthDecile == 9)
    #expect(TextLength.words.unit == "words")
    #expect(TextLength.words("one two, three.") == 5)
  }
}
