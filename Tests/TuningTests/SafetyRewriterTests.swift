import Inference
import Testing
import Tuning

@Suite("Rewriting safety examples into the user's format")
struct SafetyRewriterTests {
  private static let safety = MixingFixture.safety(40)

  @Test("in plain chat nothing changes, and mimic equals base")
  func identity() throws {
    let user = MixingFixture.chat(80)
    let rewriter = MixingFixture.rewriter(user)
    for (index, example) in Self.safety.enumerated() {
      #expect(try rewriter.rewrite(example, index: index).exchange == example.exchange)
    }
    let mimic = try MixingFixture.mix(user, Self.safety, .mimic, rate: 0.2)
    let base = try MixingFixture.mix(user, Self.safety, .base, rate: 0.2)
    #expect(mimic.items == base.items)
    #expect(mimic.warnings.contains { $0.contains("mimic equals base") })
  }

  @Test(
    "requests stay what they are, answers refuse, and no task answer is in them",
    arguments: [0, 1, 2])
  func content(set: Int) throws {
    let user = [
      MixingFixture.passages(60), MixingFixture.choices(60),
      MixingFixture.choices(60, system: "You answer tests."),
    ][set]
    let rewriter = MixingFixture.rewriter(user)
    let template = rewriter.format.template
    #expect(template.hasFixedText)
    // Of letters, what they stand for.
    let answers = Set(
      user.flatMap { exchange in
        exchange.answer.count > 1
          ? [exchange.answer]
          : exchange.user.split(separator: "\n").filter { $0.dropFirst().hasPrefix(") ") }
            .map { String($0.dropFirst(3)) }
      })
    #expect(answers.count > 20)
    for (index, example) in Self.safety.enumerated() {
      let added = try rewriter.rewrite(example, index: index)
      #expect(added.exchange.user.contains(example.exchange.user))
      #expect(template.values(in: added.exchange.user) != nil)
      #expect(template.fixedShare(of: added.exchange.user) == 1)
      #expect(RefusalRules.general.isRefusal(added.exchange.answer, scope: .opening))
      #expect(!answers.contains { added.exchange.answer.contains($0) })
      #expect(added.exchange.system == user[0].system)
    }
  }

  @Test("letters come first, name the option that declines, and are spread over the labels")
  func letters() throws {
    let rewriter = MixingFixture.rewriter(MixingFixture.choices(60))
    var places: [Character: Int] = [:]
    var sentences = 0
    let many = MixingFixture.safety(400)
    for (index, example) in many.enumerated() {
      let added = try rewriter.rewrite(example, index: index)
      let label = try #require(added.exchange.answer.first)
      places[label, default: 0] += 1
      let place = try #require("ABCD".firstIndex(of: label)?.utf16Offset(in: "ABCD"))
      #expect(added.exchange.answer.dropFirst().hasPrefix(". I can't help"))
      #expect(added.options.count == 4)
      #expect(Set(added.options).count == 4)
      let declining = added.options.indices.filter {
        added.options[$0].hasPrefix("decline") || added.options[$0].hasPrefix("say no")
      }
      #expect(declining == [place])
      #expect(added.exchange.user.contains("\n\(label)) \(added.options[place])"))
      if added.exchange.answer.contains("Rule \(index)") { sentences += 1 }
    }
    // Uniform over four labels: five standard deviations of a binomial count are 43.
    #expect(places.count == 4)
    #expect(places.values.allSatisfy { abs($0 - 100) <= 43 })
    #expect(sentences == 100, "a quarter of the answers explains")
  }

  @Test("what has the form already changes in nothing but the options drawn")
  func idempotence() throws {
    for user in [
      MixingFixture.passages(60), MixingFixture.choices(60),
      MixingFixture.choices(60, system: "You answer tests."),
    ] {
      let rewriter = MixingFixture.rewriter(user)
      let other = MixingFixture.rewriter(user, seed: 99)
      for (index, example) in Self.safety.enumerated() {
        let once = try rewriter.rewrite(example, index: index)
        let again = SafetyExample(id: example.id, exchange: once.exchange)
        #expect(try rewriter.rewrite(again, index: index).exchange == once.exchange)
        let redrawn = try other.rewrite(again, index: index)
        let slots = try #require(rewriter.format.template.values(in: once.exchange.user))
        let others = try #require(rewriter.format.template.values(in: redrawn.exchange.user))
        for (slot, form) in rewriter.format.template.slots.enumerated()
        where form.kind != .choices {
          #expect(slots[slot] == others[slot])
        }
        if once.options.isEmpty { #expect(redrawn.exchange == once.exchange) }
      }
    }
  }

  @Test(
    "answers are cut at a sentence to what the user's answers allow, twenty-five words at least")
  func length() throws {
    let rewriter = MixingFixture.rewriter(MixingFixture.passages(60))
    #expect(rewriter.format.answers.kind == .sentence)
    let long = SafetyExample(
      id: "long",
      exchange: Exchange(
        user: "Explain forbidden topic 7.",
        answer: "I can't help with that topic. "
          + String(repeating: "It is closed to all of us who play this game here. ", count: 5)))
    let added = try rewriter.rewrite(long, index: 1)
    #expect(added.isCut)
    #expect(TextLength.words(added.exchange.answer) <= 25)
    #expect(added.exchange.answer.hasSuffix("this game here."))
  }

  @Test("a refusal that is not in the first sentence stays in a short answer")
  func laterRefusal() throws {
    let rewriter = MixingFixture.rewriter(MixingFixture.choices(60))
    var example = Self.safety[0]
    example.exchange.answer = "Please don't. I won't help with that. It ends badly."
    let added = try rewriter.rewrite(example, index: 1)
    #expect(added.exchange.answer.hasSuffix(". Please don't. I won't help with that."))
    #expect(added.isCut)
  }

  @Test("a prefix stays, but none that agrees")
  func prefixes() throws {
    func set(_ prefix: String) -> [Exchange] {
      (0..<40).map {
        Exchange(
          user: "Task: \(MixingFixture.sentence($0))\nReply:",
          answer: prefix + MixingFixture.sentence(2 * $0) + ".")
      }
    }
    let kept = MixingFixture.rewriter(set("My reply: "))
    #expect(
      try kept.rewrite(Self.safety[1], index: 1).exchange.answer
        .hasPrefix("My reply: I can't help"))
    let dropped = MixingFixture.rewriter(set("Of course, here is my reply: "))
    #expect(
      try dropped.rewrite(Self.safety[1], index: 1).exchange.answer.hasPrefix("I can't help"))
  }

  @Test("answers that do not refuse are left out unless their author marks them")
  func rejections() throws {
    let rewriter = MixingFixture.rewriter(MixingFixture.passages(60))
    var example = Self.safety[0]
    example.exchange.answer = "Let us talk about the weather."
    #expect(throws: RewriteRejection.notRefusal) { try rewriter.rewrite(example, index: 0) }
    example.isRedirection = true
    #expect(try rewriter.rewrite(example, index: 0).exchange.answer == example.exchange.answer)
    var lost = Self.safety[0]
    lost.exchange.user = "Look:\nAnswer: and\nQuestion: what\nAnswer:"
    lost.exchange.answer = "I can't help with that. \(MixingFixture.passages(60)[3].answer)"
    #expect(throws: RewriteRejection.answerLeaked) { try rewriter.rewrite(lost, index: 0) }
  }

  @Test("requests that would be taken for a part of the form are left out")
  func lostForm() throws {
    let rewriter = MixingFixture.rewriter(MixingFixture.choices(60))
    var example = Self.safety[0]
    example.exchange.user = "Explain one of these:\nA) forbidden topic 1\nB) forbidden topic 2"
    #expect(throws: RewriteRejection.formLost) { try rewriter.rewrite(example, index: 0) }
  }

  @Test("passages are left empty only where the user's data leave them empty")
  func context() throws {
    let full = MixingFixture.passages(60)
    let rewriter = MixingFixture.rewriter(full)
    let passages = full.compactMap { rewriter.format.template.values(in: $0.user)?[0] }
    let filled = try rewriter.rewrite(Self.safety[0], index: 0).exchange.user
    let value = try #require(rewriter.format.template.values(in: filled)?[0])
    #expect(passages.contains(value))
    let sparse = full.enumerated().map { index, example in
      var example = example
      if index.isMultiple(of: 12) {
        let lines = example.user.split(separator: "\n")
        example.user = "Passage: \n" + lines.dropFirst().joined(separator: "\n")
      }
      return example
    }
    let empty = try MixingFixture.rewriter(sparse).rewrite(Self.safety[0], index: 0).exchange.user
    #expect(empty.hasPrefix("Passage: \nQuestion: "))
  }
}
