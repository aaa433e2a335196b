import ModelFiles
import Testing
import Tokenization

@Suite("Malformed tokenizer.json")
struct TokenizerMalformedTests {
  /// What to change in a good tokenizer.json, and the sentence that has to come.
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var path: [ByteString]
    var value: JSONValue
    var sentence: String
    var family = "gpt2"
    var testDescription: String { id }
  }

  private static let file = "m/tokenizer.json"
  private static func split(_ pattern: JSONValue, _ behavior: JSONValue = "Isolated") -> JSONValue {
    .object(["type": "Split", "pattern": .object(["Regex": pattern]), "behavior": behavior])
  }
  private static func unknownPattern(_ pattern: String) -> String {
    """
    The pre-tokenizer in \(file) splits by the pattern "\(pattern)", which is not one of those known \
    (GPT-2, Llama 3, Qwen 2, Tekken); patterns from files are never run.
    """
  }
  private static func model(_ members: JSONObject) -> JSONValue { .object(members) }
  private static func added(_ tokens: JSONObject...) -> JSONValue {
    .array(tokens.map { .object($0) })
  }

  private static let small: JSONValue = .object(["a": 0, "b": 1, "ab": 2])

  private static let rows: [Row] = [
    Row(
      id: "version", path: ["version"], value: "2.0",
      sentence: #"\#(file) has version "2.0", but only "1.0" is known."#),
    Row(
      id: "no version", path: ["version"], value: .null,
      sentence: "\(file) has no version, which a tokenizer needs; is the file complete?"),
    Row(
      id: "unknown field", path: ["model", "zeta"], value: 1,
      sentence: """
        The field in \(file) is "model.zeta", which is not implemented (known there: type, dropout, \
        unk_token, continuing_subword_prefix, end_of_word_suffix, fuse_unk, byte_fallback, \
        ignore_merges, vocab, merges).
        """),
    Row(
      id: "unigram", path: ["model", "type"], value: "Unigram",
      sentence: #"The model in \#(file) is "Unigram", which is not implemented (known: BPE)."#),
    Row(
      id: "dropout", path: ["model", "dropout"], value: .number(JSONNumber(0.5)),
      sentence: "model.dropout in \(file) should be null or 0: anything else makes ids random."),
    Row(
      id: "prefix longer than the right part", path: ["model", "continuing_subword_prefix"],
      value: "####",
      sentence: """
        The continuing_subword_prefix in \(file) is "####", which is not implemented (known: none).
        """),
    Row(
      id: "unknown token outside the vocabulary", path: ["model", "unk_token"], value: "<none>",
      sentence: #"model.unk_token in \#(file) is "<none>", which is not in the vocabulary."#),
    Row(
      id: "byte fallback with a byte alphabet", path: ["model", "byte_fallback"],
      value: .bool(true),
      sentence: """
        The combination of byte_fallback and pre_tokenizer in \(file) is "both", which is not \
        implemented (known: byte_fallback, or a ByteLevel pre-tokenizer).
        """),
    Row(
      id: "no vocabulary", path: ["model", "vocab"], value: .object([:]),
      sentence: "\(file) has no model.vocab, which a tokenizer needs; is the file complete?"),
    Row(
      id: "negative id", path: ["model", "vocab"], value: .object(["a": -1]),
      sentence: #"the id of "a" in \#(file) should be a whole number from 0 to 4194303."#),
    Row(
      id: "id of 2^32", path: ["model", "vocab"], value: .object(["a": 4_294_967_296]),
      sentence: #"the id of "a" in \#(file) should be a whole number from 0 to 4194303."#),
    Row(
      id: "shared id", path: ["model", "vocab"], value: .object(["a": 0, "b": 0]),
      sentence: #"Id 0 in the vocabulary of \#(file) belongs to both "a" and "b"."#),
    Row(
      id: "merge without result", path: ["model"],
      value: model(["vocab": .object(["aa": 0, "bb": 1]), "merges": .array(["aa bb"])]),
      sentence: #"Merge 0 in \#(file) needs the token "aabb", which is not in the vocabulary."#),
    Row(
      id: "merge out of vocabulary", path: ["model"],
      value: model(["vocab": small, "merges": .array([.array(["a", "c"])])]),
      sentence: #"Merge 0 in \#(file) needs the token "c", which is not in the vocabulary."#),
    Row(
      id: "merge of three", path: ["model"],
      value: model(["vocab": small, "merges": .array(["a b c"])]),
      sentence: #"Merge 0 in \#(file) is "a b c", but two tokens and one space are expected."#),
    Row(
      id: "merge of one", path: ["model"],
      value: model(["vocab": small, "merges": .array(["ab"])]),
      sentence: #"Merge 0 in \#(file) is "ab", but two tokens and one space are expected."#),
    Row(
      id: "merge of nothing", path: ["model"],
      value: model(["vocab": small, "merges": .array([.array(["", "a"])])]),
      sentence: #"Merge 0 in \#(file) needs the token "", which is not in the vocabulary."#),
    Row(
      id: "merge that is a number", path: ["model"],
      value: model(["vocab": small, "merges": .array([7])]),
      sentence: "model.merges[0] in \(file) should be a pair of strings."),
    Row(
      id: "repeated merge", path: ["model"],
      value: model(["vocab": small, "merges": .array(["a b", .array(["a", "b"])])]),
      sentence: #"Merge 1 in \#(file) repeats the pair "a" and "b"."#),
    Row(
      id: "unknown pre-tokenizer", path: ["pre_tokenizer"], value: .object(["type": "Whitespace"]),
      sentence: """
        The pre-tokenizer in \(file) is "Whitespace", which is not implemented (known: ByteLevel, \
        Split, Digits, Metaspace, Sequence).
        """),
    Row(
      id: "exponential pattern", path: ["pre_tokenizer"], value: split("(a+)+$"),
      sentence: unknownPattern("(a+)+$")),
    Row(
      id: "broken pattern", path: ["pre_tokenizer"], value: split("(("),
      sentence: unknownPattern("((")),
    Row(
      id: "pattern that throws text away", path: ["pre_tokenizer"],
      value: split(
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, "Removed"),
      sentence: """
        The behavior of Split in \(file) is "Removed", which is not implemented (known: Isolated, and \
        Removed when inverted).
        """),
    Row(
      id: "unknown normalizer", path: ["normalizer"], value: .object(["type": "Lowercase"]),
      sentence: """
        The normalizer in \(file) is "Lowercase", which is not implemented (known: NFC, Prepend, \
        Replace, Sequence).
        """),
    Row(
      id: "replacement that grows", path: ["normalizer"],
      value: .object([
        "type": "Replace", "pattern": .object(["String": "a"]), "content": "aaaaaaaa",
      ]),
      sentence: """
        The replacement in \(file) is "aaaaaaaa", which is not implemented (known: spaces by ▁ before \
        merging, and back in decoding).
        """),
    Row(
      id: "unknown decoder", path: ["decoder"], value: .object(["type": "WordPiece"]),
      sentence: """
        The decoder in \(file) is "WordPiece", which is not implemented (known: ByteLevel, \
        ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence).
        """),
    Row(
      id: "unknown post-processor", path: ["post_processor"],
      value: .object(["type": "BertProcessing"]),
      sentence: """
        The post-processor in \(file) is "BertProcessing", which is not implemented (known: ByteLevel, \
        TemplateProcessing, Sequence).
        """),
    Row(
      id: "template that ends text", path: ["post_processor"],
      value: .object([
        "type": "TemplateProcessing",
        "single": .array([
          .object(["Sequence": .object(["id": "A"])]),
          .object(["SpecialToken": .object(["id": "<|endoftext|>"])]),
        ]),
      ]),
      sentence: """
        The form of TemplateProcessing in \(file) is "post_processor.single", which is not implemented \
        (known: at most one special token, then the text).
        """),
    Row(
      id: "empty added token", path: ["added_tokens"], value: added(["id": 1300, "content": ""]),
      sentence: "Added token 0 in \(file) is empty; it would be found everywhere."),
    Row(
      id: "repeated added token", path: ["added_tokens"],
      value: added(["id": 1300, "content": "<x>"], ["id": 1301, "content": "<x>"]),
      sentence: #"The token "<x>" in \#(file) has two ids, 1300 and 1301."#),
    Row(
      id: "added token with another's id", path: ["added_tokens"],
      value: added(["id": 5, "content": "<x>"]),
      sentence: """
        The added token "<x>" in \(file) is written with id 5, but its id is 1300.
        """),
    Row(
      id: "added token with an id of 4e9", path: ["added_tokens"],
      value: added(["id": 4_000_000_000, "content": "<x>"]),
      sentence: "added_tokens[0].id in \(file) should be a whole number from 0 to 4194303."),
    Row(
      id: "added token in a hole that is none", path: [],
      value: .object([
        "model": model(["vocab": .object(["a": 0, "b": 2]), "merges": .array([])]),
        "added_tokens": added(["id": 2, "content": "<x>"]),
      ]),
      sentence: #"Id 2 in the vocabulary of \#(file) belongs to both "b" and "<x>"."#),
    Row(
      id: "missing byte token", path: ["model", "vocab"],
      value: .object(["<unk>": 0, "<s>": 1, "</s>": 2]),
      sentence: """
        The vocabulary of \(file) lacks "<0x00>", so text with that byte could not be encoded.
        """, family: "no merges"),
    Row(
      id: "endless sequence", path: ["normalizer"],
      value: .object([
        "type": "Sequence",
        "normalizers": .array([JSONValue](repeating: .object(["type": "NFC"]), count: 17)),
      ]),
      sentence: "normalizer.normalizers in \(file) should be at most 16 parts."),
  ]

  @Test("is refused with a sentence", arguments: rows)
  func refused(row: Row) throws {
    var object = try TokenizerGoldens.tokenizerJSON(row.family == "gpt2" ? "gpt2" : "llama2")
    if row.family == "no merges" {
      object = object.setting(["model", "merges"], .array([])).setting("post_processor", .null)
    }
    if row.family == "no merges" || row.path == ["model"] {
      object = object.setting("added_tokens", .array([]))
    }
    var changed = object.setting(row.path, row.value)
    if row.path.isEmpty {
      for (key, value) in row.value.asObject?.members ?? [] {
        changed = changed.setting(key, value)
      }
    }
    let error = #expect(throws: TokenizationError.self) { try TokenizerGoldens.tokenizer(changed) }
    #expect(error?.description == row.sentence)
    #expect(error?.kind == .badInput)
  }

  @Test("is refused where tokenizer_config.json disagrees")
  func conflict() throws {
    let object = try TokenizerGoldens.tokenizerJSON("llama3")
    let disagreeing = #expect(throws: TokenizationError.self) {
      try TokenizerGoldens.tokenizer(object, configuration: ["bos_token": "<|endoftext|>"])
    }
    #expect(
      disagreeing?.description == """
        The beginning-of-sequence token of m/tokenizer.json is "<|begin_of_text|>" by its \
        post_processor but "<|endoftext|>" by its tokenizer_config.json; correct one of them.
        """)
    let unknown = #expect(throws: TokenizationError.self) {
      try TokenizerGoldens.tokenizer(object, configuration: ["eos_token": "<none>"])
    }
    #expect(
      unknown?.description == """
        eos_token in m/tokenizer_config.json is "<none>", which is not in the vocabulary.
        """)
  }
}
