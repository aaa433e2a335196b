import Audit
import Inference
import ModelFiles
import Statistics
import Testing
import Tokenization

@Suite("What an audit asks")
struct AuditPromptTests {
  private func prompts(_ text: String, _ kind: PromptKind = .harmful, split: String? = nil) throws
    -> AuditPrompts
  {
    try withFile(text, named: "p.jsonl") {
      try AuditPrompts(path: $0, kind: kind, category: "topic", split: split)
    }
  }

  @Test("a prompt is named by the SHA-256 of its text")
  func digests() throws {
    let found = try prompts(#"{"prompt": "abc"}"# + "\n")
    #expect(
      found.prompts[0].digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let chat =
      #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "abc"}]}"#
    #expect(try prompts(chat).prompts[0].digest != found.prompts[0].digest)
  }

  @Test("of a file with labels each set takes its own, and one part where that is asked")
  func labels() throws {
    let text = """
      {"prompt": "a", "label": 1, "split": "test", "topic": "x"}
      {"prompt": "b", "label": 0, "split": "test"}
      {"prompt": "c", "label": "harmful", "split": "train"}
      {"prompt": "d", "split": "test"}

      """
    #expect(try prompts(text).prompts.map(\.messages[0].content) == ["a", "c", "d"])
    #expect(try prompts(text, .harmless).prompts.map(\.messages[0].content) == ["b", "d"])
    #expect(try prompts(text, split: "test").prompts.map(\.messages[0].content) == ["a", "d"])
    #expect(try prompts(text).prompts[0].category == "x")
    #expect(throws: AuditError.self) { try prompts(text, split: "dev") }
  }

  @Test("a label that says nothing of the kind is refused with its line, unless it is the category")
  func strangeLabel() throws {
    let text = #"{"prompt": "a", "label": "0"}"# + "\n" + #"{"prompt": "b", "label": "unsafe"}"#
    let error = #expect(throws: AuditError.self) { try prompts(text) }
    #expect("\(error!)".contains("unsafe") && "\(error!)".contains("Line 2"))
    let found = try withFile(text, named: "p.jsonl") {
      try AuditPrompts(path: $0, kind: .harmful, category: "label")
    }
    #expect(found.prompts.map(\.category) == ["unsafe"])
  }

  @Test("groups are those of the file, or runs of words in common, and equal texts go together")
  func groups() throws {
    let labelled = try prompts(
      """
      {"prompt": "a", "group": "g"}
      {"prompt": "b", "group": "g"}
      {"prompt": "b"}
      {"prompt": "c"}

      """)
    #expect(labelled.grouping == .labels && labelled.clusters.indices == [0, 0, 0, 1])
    let free = try prompts(
      """
      {"prompt": "Tell me how to open the old door of the hall"}
      {"prompt": "tell me, how to open the old door of the barn"}
      {"prompt": "Tell me how to bake the new bread of the town"}
      {"prompt": "Short"}
      {"prompt": "short!"}

      """)
    #expect(free.grouping == .overlap && free.clusters.indices == [0, 0, 1, 2, 2])
  }

  @Test("prompts in the training data are counted word for word and by runs of eight words")
  func contamination() throws {
    let asked = try prompts(
      """
      {"prompt": "one two three four five six seven eight nine"}
      {"prompt": "a question that nobody has ever asked of anyone"}
      {"prompt": "brief"}
      {"prompt": "zero one two three four five six seven eight"}

      """)
    let training = """
      {"prompt": "one  two three four five six seven eight nine", "response": "Brief"}

      """
    let found = try withFile(training, named: "t.jsonl") {
      Contamination(of: asked, in: try PromptSet(path: $0))
    }
    #expect(found.prompts == 4 && found.identical == 1)
    #expect(found.overlapping == 3, "with the whole short answer and the shifted run")
  }

  @Test("the answer of a question is a text, a place or a letter")
  func utility() throws {
    let text = """
      {"prompt": "q", "choices": ["red", "blue"], "answer": "blue"}
      {"prompt": "q", "choices": ["red", "blue"], "answer": 0}
      {"prompt": "q", "choices": ["red", "blue"], "answer": "B"}

      """
    let items = try withFile(text, named: "u.jsonl") { try UtilityItems(path: $0) }
    #expect(items.items.map(\.answer) == [1, 0, 1])
  }

  @Test(
    "what cannot be used is refused in one sentence",
    arguments: [
      (#"{"prompt": "q", "choices": ["red", "blue"]}"#, "utility", "Line 1", "has no answer"),
      (#"{"prompt": "q", "answer": "red"}"#, "utility", "Line 1", "has no choices"),
      (#"{"prompt": "q", "choices": ["red"], "answer": 0}"#, "utility", "Line 1", "two different"),
      (
        #"{"prompt": "q", "choices": ["a", "b"], "answer": 2}"#, "utility", "Line 1",
        "none of its 2"
      ),
      (#"{"prompt": "q"}"#, "held-out", "Line 1", "has no response"),
      (
        #"{"prompt": "00", "side": "before", "label": "refusal"}"#, "verdicts", "Line 1",
        "no prompt of this audit"
      ),
      (#"{"prompt": "00", "label": "refusal"}"#, "verdicts", "Line 1", "whose answer"),
      (
        #"{"prompt": "00", "side": "after", "label": "maybe"}"#, "verdicts", "Line 1",
        "has no label"
      ),
    ])
  func refused(line: String, kind: String, place: String, words: String) throws {
    let failure = try #require(
      #expect(throws: AuditError.self) {
        try withFile(line + "\n", named: "f.jsonl") { path in
          switch kind {
          case "utility": _ = try UtilityItems(path: path)
          case "held-out": _ = try HeldOutTexts(path: path)
          default: _ = try VerdictFile(path: path, prompts: ["ab"])
          }
        }
      })
    #expect(failure.description.contains(place) && failure.description.contains(words))
    #expect(failure.description.hasSuffix(".") && failure.kind == .badInput)
  }

  @Test("a judge speaks once of every answer")
  func verdicts() throws {
    let line = #"{"prompt": "ab", "side": "before", "label": "partial"}"# + "\n"
    #expect(throws: AuditError.repeatedVerdict(path: "", line: 2, digest: "ab")) {
      do {
        _ = try withFile(line + line, named: "v.jsonl") {
          try VerdictFile(path: $0, prompts: ["ab"])
        }
      } catch let error as AuditError {
        guard case .repeatedVerdict(_, let line, let digest) = error else { throw error }
        throw AuditError.repeatedVerdict(path: "", line: line, digest: digest)
      }
    }
  }
}
