import ModelFiles
import Testing
import Tokenization

@Suite("Token ranges")
struct TokenizerRangeTests {
  @Test(
    "cover text without gaps where nothing is normalised",
    arguments: ["gpt2", "llama3", "smollm2", "tekken"])
  func cover(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    for golden in try TokenizerGoldens.cases(family) {
      let tokens = tokenizer.encode(golden.text)
      var end = 0
      for token in tokens {
        #expect(token.range.lowerBound == end)
        #expect(Array(golden.text[token.range]) == tokenizer.bytes(of: token.id))
        end = token.range.upperBound
      }
      #expect(end == golden.text.count)
    }
  }

  @Test(
    "cover text in order where it is",
    arguments: ["qwen2", "gpt2-prefix", "llama2", "metaspace"])
  func normalized(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    for golden in try TokenizerGoldens.cases(family) {
      let tokens = tokenizer.encode(golden.text)
      var reached = 0
      for (token, next) in zip(tokens, tokens.dropFirst()) {
        #expect(token.range.lowerBound <= next.range.lowerBound)
        #expect(token.range.upperBound <= next.range.upperBound)
        #expect(next.range.lowerBound <= token.range.upperBound)
        reached = max(reached, next.range.upperBound)
      }
      #expect(tokens.first?.range.lowerBound ?? 0 == 0)
      #expect(max(reached, tokens.first?.range.upperBound ?? 0) == golden.text.count)
    }
  }

  @Test(
    "keep every byte of text that is not UTF-8", arguments: ["gpt2", "llama3", "qwen2", "tekken"])
  func invalid(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    let text: [UInt8] = [
      0xFF, 0x61, 0xC0, 0xAF, 0xED, 0xA0, 0x80, 0xCC, 0x81, 0xF4, 0x90, 0x80, 0x20, 0xE2, 0x82,
    ]
    let tokens = tokenizer.encode(text)
    #expect(tokens.flatMap { tokenizer.bytes(of: $0.id) } == text)
    #expect(tokens.last?.range.upperBound == text.count)
  }

  @Test("of a composed character are all of what it was composed from")
  func composed() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("qwen2")
    let text = Array("ab e\u{323}\u{302} cd".utf8)  // composes to U+1EC7
    let tokens = tokenizer.encode(text)
    let inside = tokens.filter { $0.range.overlaps(4..<7) }
    #expect(inside.flatMap { tokenizer.bytes(of: $0.id) }.contains(0xE1))
    #expect(inside.map(\.range.lowerBound).min() ?? 0 <= 3)
    #expect(inside.map(\.range.upperBound).max() ?? 0 >= 8)
    #expect(tokens.last?.range.upperBound == text.count)
  }

  @Test("of a space that was put in are empty")
  func prefix() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("llama2")
    let token = try #require(tokenizer.encode(Array("\u{10FFFF}".utf8)).first)
    #expect(tokenizer.bytes(of: token.id) == [0x20])
    #expect(token.range == 0..<0)
  }
}
