import Testing
import Tuning

@Suite("Prompt templates")
struct PromptTemplateTests {
  @Test(
    "fixed segments are recovered exactly, also with one prompt in twenty corrupted",
    arguments: [UInt64](0..<8))
  func roundTrip(seed: UInt64) throws {
    let expected = ["Passage: ", "\nQuestion: ", "\nAnswer:"]
    let clean = UserFormat(learning: MixingFixture.passages(50), seed: seed)
    #expect(clean.finding == .template)
    #expect(clean.template.fixed == expected)
    #expect(clean.template.support == 1)
    let corrupted = UserFormat(
      learning: MixingFixture.passages(60, corrupted: [3, 17, 41]), seed: seed)
    #expect(corrupted.template.fixed == expected)
    #expect(corrupted.template.support == 0.95)
  }

  @Test("a rendered template parses into the values it was rendered with")
  func rendering() throws {
    let template = UserFormat(learning: MixingFixture.passages(50), seed: 2).template
    let values = ["A line.\nAnother line.", "Why?"]
    #expect(template.values(in: template.rendered(values)) == values)
    #expect(template.values(in: "Passage: A line.") == nil)
    #expect(template.fixedShare(of: "Passage: x\nAnswer:") == 2.0 / 3)
  }

  @Test("the slot whose label says so is the question's, and the passage is context")
  func slots() throws {
    let template = UserFormat(learning: MixingFixture.passages(50), seed: 3).template
    #expect(template.slots.map(\.kind) == [.context, .question])
  }

  @Test("labelled options are one slot, whatever their number")
  func options() throws {
    let template = UserFormat(learning: MixingFixture.choices(60), seed: 4).template
    #expect(template.slots.map(\.kind) == [.question, .choices])
    #expect(template.fixed == ["Question: ", "\n", "\nAnswer:"])
    let uneven = MixingFixture.choices(60).enumerated().map { index, example in
      var example = example
      if !index.isMultiple(of: 3) {
        let lines = example.user.split(separator: "\n")
        example.user = (lines.prefix(3) + lines.suffix(1)).joined(separator: "\n")
      }
      return example
    }
    let learned = UserFormat(learning: uneven, seed: 4).template
    #expect(learned.slots.map(\.kind) == [.question, .choices])
    #expect(learned.support == 1)
  }

  @Test("options that never change belong to the list, and a lone label is no list")
  func fixedOptions() throws {
    func template(_ options: String) -> PromptTemplate {
      let examples = (0..<40).map {
        Exchange(
          user: "Task 1. Read:\n\(MixingFixture.question($0))\n\(options)\nAnswer:",
          answer: ["A", "B"][$0 % 2])
      }
      return UserFormat(learning: examples, seed: 8).template
    }
    let fixed = template("Options:\nA) Yes\nB) No")
    #expect(fixed.fixed == ["Task 1. Read:\n", "\nOptions:\n", "\nAnswer:"])
    #expect(fixed.slots.map(\.kind) == [.question, .choices])
    #expect(template("A) Yes").fixed == ["Task 1. Read:\n", "\nA) Yes\nAnswer:"])
    let last = MixingFixture.choices(40).map { example in
      var example = example
      let lines = example.user.split(separator: "\n")
      example.user = (lines.prefix(4) + ["D) None of these", "Answer:"]).joined(separator: "\n")
      return example
    }
    let learned = UserFormat(learning: last, seed: 8).template
    #expect(learned.fixed == ["Question: ", "\n", "\nAnswer:"])
    #expect(learned.slots.map(\.kind) == [.question, .choices])
  }

  @Test("two formats in one set are no template, never a mixture", arguments: [UInt64](0..<8))
  func twoFormats(seed: UInt64) throws {
    let examples = zip(MixingFixture.passages(40), MixingFixture.choices(40)).flatMap { [$0, $1] }
    let format = UserFormat(learning: examples, seed: seed)
    #expect(format.finding == .severalFormats)
    #expect(format.template == .plain)
    #expect(format.isPlain)
  }

  @Test("a part that only some prompts have is optional where the others form a format without it")
  func optionalParts() throws {
    func prompt(_ number: Int, input: Bool) -> Exchange {
      let part = input ? "\n\n### Input:\n\(MixingFixture.sentence(number))" : ""
      return Exchange(
        user: "### Instruction:\n\(MixingFixture.question(number))\(part)\n\n### Response:",
        answer: MixingFixture.sentence(3 * number))
    }
    let mixed = (0..<80).map { prompt($0, input: $0 % 5 < 2) }
    let format = UserFormat(learning: mixed, seed: 9)
    #expect(format.finding == .template)
    #expect(format.template.fixed == ["### Instruction:\n", "\n\n### Response:"])
    let nearlyAll = (0..<80).map { prompt($0, input: $0 % 5 < 4) }
    #expect(UserFormat(learning: nearlyAll, seed: 9).finding == .severalFormats)
  }

  @Test("plain chat has no template, and too few or equal prompts have none either")
  func plain() throws {
    #expect(UserFormat(learning: MixingFixture.chat(60), seed: 5).finding == .plain)
    #expect(UserFormat(learning: MixingFixture.passages(4), seed: 5).finding == .unclear)
    let same = [Exchange](repeating: Exchange(user: "Say yes.", answer: "yes"), count: 30)
    #expect(UserFormat(learning: same, seed: 5).finding == .unclear)
  }

  @Test("a phrase that most prompts share is fixed, a word that most contain is not")
  func phrases() throws {
    let examples = (0..<40).map { number in
      Exchange(
        user: "Translate into French the following line: \(MixingFixture.sentence(number)) the end",
        answer: "x\(number)")
    }
    let template = UserFormat(learning: examples, seed: 6).template
    #expect(
      template.fixed == ["Translate into French the following line: ", " the end"])
    let loose = (0..<40).map { number in
      Exchange(
        user: "\(MixingFixture.question(number)) Near the \(number) lamps, that is", answer: "x")
    }
    #expect(loose.allSatisfy { $0.user.contains(" the ") })
    #expect(UserFormat(learning: loose, seed: 6).template.fixed == ["", " lamps, that is"])
  }
}
