import Foundation
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Tuning

@Suite("Examples")
struct TrainingEncoderTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("examples-\(UUID().uuidString)")

  private func source() throws -> TokenizerSource {
    try Checkpoint(path: Goldens.path("models/llama-tied")).tokenizer
  }

  private func set(
    _ lines: [String], _ encoder: TrainingEncoder, maximumLength: Int = 128, truncates: Bool = false
  ) throws -> TrainingSet {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("data.jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    return try TrainingSet(
      path: file.path, encoder: encoder, maximumLength: maximumLength, truncates: truncates)
  }

  /// The text of runs of tokens with loss.
  private func learned(_ example: TrainingExample, _ tokenizer: Tokenizer) -> [String] {
    var runs: [[Int32]] = []
    for position in example.ids.indices where example.carriesLoss[position] {
      if position > 0, example.carriesLoss[position - 1] {
        runs[runs.count - 1].append(example.ids[position])
      } else {
        runs.append([example.ids[position]])
      }
    }
    return runs.map { tokenizer.decode($0) }
  }

  @Test("loss is on every answer and the end of its turn, and on nothing else")
  func answers() throws {
    let encoder = try TrainingEncoder(try source())
    let set = try set(
      [
        #"{"prompt": "hello", "response": "good day"}"#,
        #"{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "first"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "second"}]}"#,
        #"{"messages": [{"role": "user", "content": "a <|im_end|> b"}], "response": "no <|im_end|> here"}"#,
      ], encoder)
    let found = set.examples.map { learned($0, encoder.tokenizer) }
    #expect(
      found == [
        ["good day<|im_end|>"], ["first<|im_end|>", "second<|im_end|>"],
        ["no <|im_end|> here<|im_end|>"],
      ])
    #expect(set.examples.map(\.line) == [1, 2, 3])
    #expect(set.truncatedCount == 0)
    for example in set.examples {
      for position in example.ids.indices where example.roles[position] == .user {
        #expect(!example.carriesLoss[position])
      }
    }
  }

  @Test("a system column stands before the conversation")
  func system() throws {
    let encoder = try TrainingEncoder(try source())
    let set = try set(
      [#"{"system": "be brief", "prompt": "hello", "response": "day"}"#], encoder)
    let text = encoder.tokenizer.decode(set.examples[0].ids)
    #expect(
      text.hasSuffix(
        "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n"
          + "<|im_start|>assistant\nday<|im_end|>\n"))
  }

  @Test("raw text has loss on the response, and nothing is put around it")
  func raw() throws {
    let encoder = try TrainingEncoder(try source(), isRaw: true)
    let example = try set([#"{"prompt": "the sum is ", "response": "four"}"#], encoder).examples[0]
    #expect(learned(example, encoder.tokenizer).joined() == "four")
    #expect(encoder.tokenizer.decode(example.ids).hasSuffix("the sum is four"))
  }

  /// The loss text that a template gives for one answer.
  private func learned(template: String) throws -> [String] {
    let tokenizer = try Tokenizer(try source())
    let encoder = TrainingEncoder(
      PromptEncoder(
        tokenizer: tokenizer, template: try ChatTemplate(source: template),
        options: PromptEncoder.Options(addsGenerationPrompt: false)))
    let example = try set(
      [
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "b"}]}"#
      ], encoder
    ).examples[0]
    return learned(example, tokenizer)
  }

  @Test("the end of a turn is the token that ends it, or the special one right behind it, or none")
  func turnEnds() throws {
    let body = { (end: String) in
      "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\(end)' }}{% endfor %}"
    }
    #expect(try learned(template: body("<|im_end|>\\n")) == ["yes<|im_end|>"])
    #expect(try learned(template: body(" <|im_end|>\\n")) == ["yes <|im_end|>"])
    #expect(try learned(template: body("<|im_start|>\\n")) == ["yes<|im_start|>"])
    #expect(try learned(template: body("\\n\\n")) == ["yes"])
  }

  @Test(
    "lines that cannot be learned from are named with their fault",
    arguments: [
      (#"{"prompt": "a"}"#, TrainingFault.noAnswer),
      (#"{"prompt": "a", "response": ""}"#, .emptyAnswer(message: nil)),
      (#"{"prompt": "a", "response": " \n"}"#, .emptyAnswer(message: nil)),
      (
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}"#,
        .emptyAnswer(message: 1)
      ),
      (
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "response": "c"}"#,
        .twoAnswers
      ),
      (
        #"{"system": "s", "messages": [{"role": "system", "content": "t"}, {"role": "user", "content": "a"}], "response": "c"}"#,
        .twoSystemTexts
      ),
    ])
  func faults(line: String, fault: TrainingFault) throws {
    let encoder = try TrainingEncoder(try source())
    let error = #expect(throws: TuningError.self) {
      try set([#"{"prompt": "good", "response": "day"}"#, line], encoder)
    }
    guard case .dataLines(_, let faults, 0)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(faults.map(\.line) == [2] && faults.map(\.fault) == [fault])
    #expect(error?.description.contains("line 2") == true)
  }

  @Test("a template that leaves the answer out is noticed")
  func noTargets() throws {
    let encoder = TrainingEncoder(
      PromptEncoder(
        tokenizer: try Tokenizer(try source()),
        template: try ChatTemplate(source: "{{ messages[0]['content'] }}"),
        options: PromptEncoder.Options(addsGenerationPrompt: false)))
    let error = #expect(throws: TuningError.self) {
      try set([#"{"prompt": "hello", "response": "day"}"#], encoder)
    }
    #expect(error?.description.contains("no token of the answer is left") == true)
  }

  @Test("examples longer than the context are refused with their number, or lose their end")
  func tooLong() throws {
    let encoder = try TrainingEncoder(try source())
    let long = String(repeating: "good day ", count: 40)
    let lines = [
      #"{"prompt": "a", "response": "b"}"#, #"{"prompt": "a", "response": "\#(long)"}"#,
      #"{"prompt": "a", "response": "\#(long)\#(long)"}"#,
    ]
    let error = #expect(throws: TuningError.self) { try set(lines, encoder, maximumLength: 64) }
    guard case .dataLines(_, let faults, 2)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(faults.map(\.line) == [2, 3])
    #expect(error?.description.contains("2 lines") == true)
    let whole = try set(lines, encoder, maximumLength: 10_000)
    let cut = try set(lines, encoder, maximumLength: 64, truncates: true)
    #expect(cut.truncatedCount == 2)
    #expect(cut.examples[1].ids == Array(whole.examples[1].ids.prefix(64)))
    #expect(cut.examples[0] == whole.examples[0])
    let prompt = #"{"prompt": "\#(long)", "response": "b"}"#
    let lost = #expect(throws: TuningError.self) {
      try set([prompt], encoder, maximumLength: 64, truncates: true)
    }
    #expect(lost?.description.contains("nothing of the answer is left") == true)
  }

  @Test("held-out examples are drawn by the seed, and training keeps the rest")
  func splitting() throws {
    let encoder = try TrainingEncoder(try source())
    let set = try set((0..<20).map { #"{"prompt": "a \#($0)", "response": "b"}"# }, encoder)
    let (training, heldOut) = try set.split(holdingOut: 0.2, seed: 1)
    #expect(training.count == 16 && heldOut.count == 4)
    #expect((training + heldOut).map(\.line).sorted() == Array(1...20))
    #expect(training.map(\.line) == training.map(\.line).sorted())
    #expect(try set.split(holdingOut: 0.2, seed: 1).heldOut == heldOut)
    #expect(try set.split(holdingOut: 0.2, seed: 2).heldOut != heldOut)
    #expect(throws: TuningError.self) { try set.split(holdingOut: 0.99, seed: 1) }
    let kept = try set.split(holdingOut: 0.5, seed: 1, keeping: Set(1...16))
    #expect(kept.heldOut.count == 2 && kept.heldOut.allSatisfy { $0.line > 16 })
    #expect(kept.training.count == 18)
  }

  @Test("pairs have the same prompt, and without a column a bare agreement for the unsafe answer")
  func pairs() throws {
    let encoder = try TrainingEncoder(try source())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("pairs.jsonl")
    func pairs(_ line: String) throws -> ContrastiveSet {
      try Data((line + "\n").utf8).write(to: file)
      return try ContrastiveSet(path: file.path, encoder: encoder, maximumLength: 128)
    }
    let messages = try pairs(
      #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "no"}]}"#)
    #expect(learned(messages.pairs[0].safeAnswer, encoder.tokenizer) == ["no<|im_end|>"])
    #expect(
      learned(messages.pairs[0].unsafeAnswer, encoder.tokenizer) == ["Sure, here is how<|im_end|>"])
    let given = try pairs(#"{"prompt": "a", "safe": "no", "unsafe": "x"}"#).pairs[0]
    #expect(learned(given.safeAnswer, encoder.tokenizer) == ["no<|im_end|>"])
    #expect(learned(given.unsafeAnswer, encoder.tokenizer) == ["x<|im_end|>"])
    let made = try pairs(#"{"prompt": "a", "response": "no"}"#).pairs[0]
    #expect(made.safeAnswer == given.safeAnswer)
    #expect(
      learned(made.unsafeAnswer, encoder.tokenizer)
        == [ContrastiveSet.compliantOpening + "<|im_end|>"])
    let error = #expect(throws: TuningError.self) {
      try pairs(#"{"prompt": "a", "safe": "no"}"#)
    }
    #expect(error?.description.contains("both answers are needed") == true)
  }
}
