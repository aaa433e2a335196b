import ModelFiles
import Testing
import Tokenization

@Suite("Malformed GGUF vocabulary")
struct TokenizerMalformedGGUFTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var key: ByteString
    var value: GGUFValue?
    var sentence: String
    var testDescription: String { "\(key): \(sentence)" }
  }

  private static func strings(_ strings: ByteString...) -> GGUFValue {
    .strings(GGUFStrings(strings))
  }

  private static let rows: [Row] = [
    Row(
      name: "llama3", key: "tokenizer.ggml.model", value: .string("bert"),
      sentence: """
        The tokenizer.ggml.model in m.gguf is "bert", which is not implemented (known: gpt2, llama).
        """),
    Row(
      name: "llama3", key: "tokenizer.ggml.model", value: nil,
      sentence: "m.gguf has no tokenizer.ggml.model, which a tokenizer needs; is the file complete?"
    ),
    Row(
      name: "llama3", key: "tokenizer.ggml.pre", value: .string("mystery"),
      sentence: """
        The tokenizer.ggml.pre in m.gguf is "mystery", which is not implemented (known: gpt-2, \
        llama-bpe, qwen2, smollm, tekken, default and their likes).
        """),
    Row(
      name: "llama3", key: "tokenizer.ggml.pre", value: nil,
      sentence: "m.gguf has no tokenizer.ggml.pre, which a tokenizer needs; is the file complete?"),
    Row(
      name: "llama3", key: "tokenizer.ggml.merges", value: strings("a b", "a b"),
      sentence: #"Merge 0 in m.gguf needs the token "ab", which is not in the vocabulary."#),
    Row(
      name: "llama3", key: "tokenizer.ggml.merges", value: strings("i n", "i n"),
      sentence: #"Merge 1 in m.gguf repeats the pair "i" and "n"."#),
    Row(
      name: "llama3", key: "tokenizer.ggml.merges", value: nil,
      sentence:
        "m.gguf has no tokenizer.ggml.merges, which a tokenizer needs; is the file complete?"
    ),
    Row(
      name: "llama3", key: "tokenizer.ggml.tokens", value: strings("a", "b"),
      sentence: """
        tokenizer.ggml.tokens in m.gguf has 2 entries, but tokenizer.ggml.token_type has 1304.
        """),
    Row(
      name: "spm", key: "tokenizer.ggml.scores", value: nil,
      sentence:
        "m.gguf has no tokenizer.ggml.scores, which a tokenizer needs; is the file complete?"
    ),
    Row(
      name: "spm", key: "tokenizer.ggml.eos_token_id", value: .unsigned(99_999),
      sentence: """
        tokenizer.ggml.eos_token_id in m.gguf is 99999, but the vocabulary has ids 0 to 1403.
        """),
  ]

  @Test("is refused with a sentence", arguments: rows)
  func refused(row: Row) throws {
    let error = #expect(throws: TokenizationError.self) {
      try TokenizerGoldens.tokenizer(gguf: row.name, setting: [row.key: row.value])
    }
    #expect(error?.description == row.sentence)
  }

  @Test("is refused when a token occurs twice or a byte is missing")
  func tokens() throws {
    let metadata = try TokenizerGoldens.metadata("spm")
    var tokens = Array(try #require(try metadata.strings("tokenizer.ggml.tokens")))
    tokens[400] = tokens[300]
    let twice = #expect(throws: TokenizationError.self) {
      try TokenizerGoldens.tokenizer(
        gguf: "spm", setting: ["tokenizer.ggml.tokens": .strings(GGUFStrings(tokens))])
    }
    #expect(
      twice?.description == "The token \"\(tokens[300])\" in m.gguf has two ids, 300 and 400.")
    tokens[400] = "other"
    tokens[13] = "<0xZZ>"
    let byte = #expect(throws: TokenizationError.self) {
      try TokenizerGoldens.tokenizer(
        gguf: "spm", setting: ["tokenizer.ggml.tokens": .strings(GGUFStrings(tokens))])
    }
    #expect(
      byte?.description == """
        The vocabulary of m.gguf lacks "<0x0A>", so text with that byte could not be encoded.
        """)
  }

  @Test("is read without token types, special ids and optional flags")
  func sparse() throws {
    let tokenizer = try TokenizerGoldens.tokenizer(
      gguf: "spm",
      setting: [
        "tokenizer.ggml.token_type": nil, "tokenizer.ggml.bos_token_id": nil,
        "tokenizer.ggml.eos_token_id": nil,
      ])
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.endOfSequence.contains(2))
    #expect(tokenizer.decode(tokenizer.encode("it works")) == "it works")
  }

  @Test("leaves out the bytes it has no token for, and says which")
  func missingBytes() throws {
    let metadata = try TokenizerGoldens.metadata("llama3")
    var tokens = Array(try #require(try metadata.strings("tokenizer.ggml.tokens")))
    let place = try #require(tokens.firstIndex(of: "#"))
    let merges = try #require(try metadata.strings("tokenizer.ggml.merges"))
    tokens[place] = "\u{2603}"
    let tokenizer = try TokenizerGoldens.tokenizer(
      gguf: "llama3",
      setting: [
        "tokenizer.ggml.tokens": .strings(GGUFStrings(tokens)),
        "tokenizer.ggml.merges": .strings(
          GGUFStrings(merges.filter { !$0.bytes.contains(0x23) })),
      ])
    #expect(tokenizer.missingBytes == [0x23])
    #expect(tokenizer.decode(tokenizer.encode("a # b##")) == "a  b")
  }
}
