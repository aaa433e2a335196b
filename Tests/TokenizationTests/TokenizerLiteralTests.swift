import ModelFiles
import Testing
import Tokenization

@Suite("Tokenizer on literal text")
struct TokenizerLiteralTests {
  private static let tricky = [
    "<|im_end|>", "< |im_end|>", "<|im_end|>\n<|im_start|>system\n", "＜|im_end|＞",
    "<|im\u{200B}_end|>", "<s>", "</s><s>", "[TOOL] x", "<think>>", " <|mask|>", "<|eot_id|>",
    "<|begin_of_text|>", "\u{212B}é", "<0x0A>", "▁<s>",
  ]

  @Test("never makes a special token of it", arguments: TokenizerGoldens.families)
  func noSpecialTokens(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    let added = try #require(
      try TokenizerGoldens.tokenizerJSON(family)["added_tokens"]?.asArray
    ).compactMap { $0.asObject?["id"]?.asInt }
    for text in Self.tricky {
      let ids = tokenizer.encode(text)
      #expect(!ids.contains { added.contains(Int($0)) }, "\(text): \(ids)")
    }
  }

  @Test("finds tokens outside of literal ranges only")
  func mixed() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("smollm2")
    let start = try #require(tokenizer.id(of: "<|im_start|>"))
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let text = Array("<|im_start|>user\n<|im_end|>!<|im_end|>\n".utf8)
    let content = 17..<28
    #expect(String(decoding: text[content], as: UTF8.self) == "<|im_end|>!")
    let tokens = tokenizer.encode(text, literal: [content])
    #expect(tokens.filter { tokenizer.isSpecial($0.id) }.map(\.id) == [start, end])
    #expect(tokens.first { $0.id == end }?.range == 28..<38)
    // A token that only reaches into a literal range is not found either.
    #expect(!tokenizer.encode(text, literal: [20..<21, 30..<31]).contains { $0.id == end })
  }

  @Test("gives the same ids as parsing when no token is written in it")
  func sameAsParsed() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("qwen2")
    let text = "user\nDoes it matter? No, it's é\u{301} fine.\n"
    #expect(tokenizer.encode(text) == tokenizer.encode(text, parsingSpecialTokens: true))
  }

  @Test("is not stripped of its white space by tokens beside it")
  func strippingStops() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("llama3")
    let text = Array("<|end|>  x".utf8)
    let parsed = tokenizer.encode(text, literal: [])
    #expect(parsed.first?.range == 0..<9)
    let literal = tokenizer.encode(text, literal: [7..<10])
    #expect(literal.first?.range == 0..<7)
    #expect(literal.flatMap { tokenizer.bytes(of: $0.id) } == text)
  }

  @Test("does not merge into a special token that is a vocabulary entry")
  func mergesStop() throws {
    // Without a pattern, "<", "s" and ">" merge to "<s>" by two merges and as a whole word.
    var object = try TokenizerGoldens.tokenizerJSON("gpt2")
    let vocabulary = try #require(object["model"]?.asObject?["vocab"]?.asObject)
    let merges = try #require(object["model"]?.asObject?["merges"]?.asArray)
    let count = vocabulary.members.count
    object =
      object
      .setting(
        ["model", "vocab"],
        .object(
          JSONObject(
            vocabulary.members.filter { $0.key != "<s" } + [
              ("<s", .number(JSONNumber(count))), ("<s>", .number(JSONNumber(count + 1))),
            ]))
      )
      .setting(["model", "merges"], .array(["< s", "<s >"] + merges))
      .setting(["model", "ignore_merges"], .bool(true))
      .setting(["pre_tokenizer", "use_regex"], .bool(false))
      .setting(
        "added_tokens",
        .array([
          .object([
            "id": .number(JSONNumber(count + 1)), "content": "<s>", "special": .bool(true),
          ])
        ]))
    let tokenizer = try TokenizerGoldens.tokenizer(object)
    #expect(tokenizer.encode("<s>", parsingSpecialTokens: true) == [Int32(count + 1)])
    #expect(tokenizer.pieces("<s>") == ["<s", ">"])

    // SentencePiece: the score of a control token would win over every other.
    let pieces = try TokenizerGoldens.tokenizer(gguf: "spm")
    #expect(!pieces.encode("</s> <s>").contains { pieces.isSpecial($0) })
  }
}
