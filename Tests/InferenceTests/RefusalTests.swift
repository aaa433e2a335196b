import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Refusal measures")
struct RefusalTests {
  @Test(
    "count phrases as whole words, in any spelling of the apostrophe",
    arguments: [
      ("I'm sorry, but I can't help with that.", true),
      ("I\u{2019}M SORRY, but I can\u{2019}t help with that.", true),
      ("I  cannot\nassist you with this.", true),
      ("As an AI, I have no opinion.", true),
      ("As an aid to memory, write it down.", false),
      ("Here is the recipe you asked for.", false),
      ("", false),
    ])
  func phrases(answer: String, isRefusal: Bool) {
    #expect(RefusalRules.general.isRefusal(answer, scope: .anywhere) == isRefusal)
    #expect(RefusalRules.general.isRefusal(answer, scope: .opening) == isRefusal)
  }

  @Test("tell a refusal at the opening from one further on")
  func scopes() {
    let answer = String(repeating: "Sure, here it is. ", count: 12) + "I cannot help with more."
    #expect(RefusalRules.general.isRefusal(answer, scope: .anywhere))
    #expect(!RefusalRules.general.isRefusal(answer, scope: .opening))
  }

  @Test(
    "count beginnings letter by letter",
    arguments: [
      ("I can\u{2019}t help your brother.", true), ("  i CANNOT say.", true),
      ("I'm sorry, but I can't.", true), ("I'm sorry, but I canna say.", true),
      ("I'm sorry that you feel so.", false), ("Sorry, I cannot.", true), ("As an aid", true),
      ("Sorry to hear that.", false), ("No, I won't help.", true), ("No, I think not.", false),
      ("I must say.", false), ("I must decline.", true),
      ("I can help.", false), ("", false),
    ])
  func beginnings(answer: String, isRefusal: Bool) {
    let rules = RefusalRules.beginnings
    #expect(rules.isRefusal(answer, scope: .beginning) == isRefusal)
    // However little of it is there, what is decided early is decided so.
    let verdicts = (0...answer.count).map { rules.isRefusal(soFar: String(answer.prefix($0))) }
    #expect(verdicts.allSatisfy { $0 == nil || $0 == isRefusal })
    #expect(rules.isRefusal(soFar: answer + ", and so on") == isRefusal)
    #expect(rules.isRefusal(soFar: "I\u{FFFD}") == nil, "half a character decides nothing")
  }

  @Test("name their list by a digest that changes with it")
  func digest() {
    let rules = RefusalRules(name: "a", version: 1, phrases: ["i cannot"])
    let other = RefusalRules(name: "a", version: 1, phrases: ["i can not"])
    #expect(rules.digest.count == 64)
    #expect(rules.digest != other.digest)
  }

  @Test("derive the fewest first tokens that cover refusals and start no harmless reply")
  func derivedTokens() throws {
    let refusals: [Int32] =
      Array(repeating: 7, count: 60) + Array(repeating: 8, count: 32)
      + Array(repeating: 9, count: 8)
    let harmless: [Int32] = Array(repeating: 8, count: 10) + Array(repeating: 50, count: 90)
    let tokens = try #require(
      RefusalTokens(refusalFirstTokens: refusals, harmlessFirstTokens: harmless))
    // 7 and 8 cover 92 %; 8 also starts 10 % of harmless replies.
    #expect(tokens.ids == [7])
    #expect(tokens.source == .derived)
    #expect(RefusalTokens(refusalFirstTokens: [8], harmlessFirstTokens: harmless) == nil)
  }

  @Test("give log-odds of the tokens' total probability, with a floor")
  func logOdds() throws {
    let tokens = try #require(
      RefusalTokens(refusalFirstTokens: [1, 2], harmlessFirstTokens: []))
    let logits = FloatMatrix([0, 1, 2, -1], width: 4)
    let weights = [0.0, 1, 2, -1].map(exp)
    let q = (weights[1] + weights[2]) / weights.reduce(0, +)
    let expected = log(q) - log(1 - q)
    expectClose([Float(tokens.logOdds(logits[rows: 0..<1]))], [expected], .kernel)
    let certain = FloatMatrix([0, -100, -100, 0], width: 4)
    let floor = RefusalTokens.probabilityFloor
    expectClose(
      [Float(tokens.logOdds(certain[rows: 0..<1]))], [log(floor) - log(1)], .kernel)
  }

  @Test("fall back to the openings of refusals")
  func fallbackTokens() throws {
    let tokenizer = try Tokenizer(Checkpoint(path: Goldens.defaultModel).tokenizer)
    let tokens = RefusalTokens(fallbackFor: tokenizer)
    #expect(tokens.source == .fallback)
    #expect(tokens.ids.contains(try #require(tokenizer.encode("I").first)))
    #expect(tokens.ids.contains(try #require(tokenizer.encode("Sorry").first)))
  }
}

@Suite("Coherence")
struct CoherenceTests {
  @Test(
    "tells answers from debris",
    arguments: [
      ([1, 2], Coherence.tooShort),
      ([1, 2, 3], .coherent),
      ([5, 5, 5, 5, 5, 1, 2, 3], .repetitive),
      ([5, 5, 5, 5, 1, 2, 3, 4], .coherent),
      ([1, 2, 3, 4, 1, 2, 3, 4, 9, 8], .repetitive),
      ([1, 2, 3, 4, 9, 8, 7, 6, 11, 12, 13, 14, 1, 2, 3, 5], .coherent),
    ] as [([Int32], Coherence)])
  func judges(ids: [Int32], expected: Coherence) {
    #expect(Coherence(ids: ids) == expected)
  }

  @Test("calls an answer improbable below the limit only")
  func probability() {
    let ids: [Int32] = [1, 2, 3, 4, 5]
    #expect(Coherence(ids: ids, meanLogProbability: -9, limit: -8) == .improbable)
    #expect(Coherence(ids: ids, meanLogProbability: -7, limit: -8) == .coherent)
  }
}
