import Foundation
import Inference
import TestSupport
import Testing
import Tokenization

@Suite("Training data that the project ships")
struct TrainingDataTests {
  private static func set(_ name: String) throws -> [Prompt] {
    try PromptSet(path: Goldens.root.appendingPathComponent("data/\(name)").path).prompts
  }

  private static func words(_ text: String?) -> Int {
    (text ?? "").split(whereSeparator: \.isWhitespace).count
  }

  /// The prompts of the train split with a label, by id.
  private static func pairs(label: String) throws -> [String: Prompt] {
    let rows = try set("safety-pairs.jsonl").filter { $0.split == "train" && $0.label == label }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
  }

  /// Checks that rows repeat prompts of the pairs, and that they answer each at most once.
  private static func expectMatch(_ rows: [Prompt], _ pairs: [String: Prompt]) throws {
    for row in rows {
      let pair = try #require(pairs[row.id], "\(row.id) is no prompt of the pairs' train split")
      #expect(row.messages == pair.messages, "\(row.id)")
      #expect(row.pair == pair.pair && row.group == pair.group && row.split == "train", "\(row.id)")
    }
    #expect(Set(rows.map { $0.response ?? "" }).count == rows.count, "two answers are the same")
  }

  @Test("every harmful train request has a short refusal of its own that the rules recognise")
  func refusals() throws {
    let rows = try Self.set("refusals.jsonl")
    let pairs = try Self.pairs(label: "1")
    #expect(rows.count == pairs.count)
    try Self.expectMatch(rows, pairs)
    for row in rows {
      let text = row.response ?? ""
      #expect(RefusalRules.general.isRefusal(text, scope: .opening), "\(row.id): \(text)")
      #expect((8...60).contains(Self.words(text)), "\(row.id): \(Self.words(text)) words")
    }
    let openings = Dictionary(
      rows.map { ($0.response?.split(separator: " ").prefix(3).joined(separator: " ") ?? "", 1) },
      uniquingKeysWith: +)
    #expect(openings.count >= 60, "only \(openings.count) openings")
    #expect((openings.values.max() ?? 0) * 4 < rows.count, "one opening is in a quarter of them")
  }

  @Test("look-alikes have short helpful answers that no rule takes for refusals")
  func answers() throws {
    let rows = try Self.set("lookalike-answers.jsonl")
    #expect(rows.count >= 300)
    try Self.expectMatch(rows, Self.pairs(label: "0"))
    for row in rows {
      let text = row.response ?? ""
      #expect(!RefusalRules.general.isRefusal(text, scope: .anywhere), "\(row.id): \(text)")
      #expect((15...60).contains(Self.words(text)), "\(row.id): \(Self.words(text)) words")
    }
  }

  @Test("multiple-choice items have one form, four different options and balanced letters")
  func facts() throws {
    let rows = try Self.set("tasks/everyday-facts.jsonl")
    #expect(rows.count >= 300)
    var letters: [String: [String: Int]] = [:]
    var questions: Set<String> = []
    for row in rows {
      let lines = (row.messages.first?.content ?? "").split(
        separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 6, "\(row.id)")
      guard lines.count == 6 else { continue }
      #expect(lines[0].hasPrefix("Question: ") && lines[0].hasSuffix("?"), "\(row.id)")
      for (line, label) in zip(lines[1...4], "ABCD") {
        #expect(line.hasPrefix("\(label)) "), "\(row.id)")
      }
      #expect(lines[5] == "Answer:", "\(row.id)")
      #expect(Set(lines[1...4].map { $0.dropFirst(3) }).count == 4, "\(row.id)")
      let letter = try #require(row.response)
      letters[row.split ?? "", default: [:]][letter, default: 0] += 1
      #expect(questions.insert(String(lines[0])).inserted, "\(row.id) repeats a question")
    }
    #expect(Set(letters.keys) == ["train", "test"])
    for counts in letters.values {
      #expect(counts.keys.sorted() == ["A", "B", "C", "D"])
      #expect(Set(counts.values).count == 1, "\(counts)")
    }
  }
}
