import ModelFiles
import Testing
import Tokenization

@Suite("Decoding")
struct TokenizerDecodingTests {
  @Test(
    "as tokens come gives the same text in whole characters", arguments: TokenizerGoldens.families)
  func streaming(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    for golden in try TokenizerGoldens.cases(family) {
      var decoder = TokenDecoder(tokenizer)
      var text = ""
      for id in golden.ids {
        let part = decoder.append(id)
        #expect(!part.unicodeScalars.contains("\u{FFFD}") || golden.text.contains(0xEF))
        text += part
      }
      text += decoder.finish()
      #expect(Array(text.utf8) == Array(tokenizer.decode(golden.ids).utf8))
    }
  }

  @Test("holds back the bytes of an unfinished character")
  func heldBack() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("gpt2")
    let ids = tokenizer.encode("\u{10FFFF}")
    #expect(ids.count == 4)
    var decoder = TokenDecoder(tokenizer)
    var parts: [String] = []
    for id in ids { parts.append(decoder.append(id)) }
    #expect(parts == ["", "", "", "\u{10FFFF}"])
    let half = decoder.append(ids[0])
    let end = decoder.finish()
    #expect(half + end == "\u{FFFD}" && half == "")
    let nothing = decoder.finish()
    #expect(nothing == "")
  }

  @Test("leaves special tokens out when asked to")
  func skipping() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("smollm2")
    let ids = tokenizer.encode("<|im_start|>hi<|im_end|>", parsingSpecialTokens: true)
    #expect(tokenizer.decode(ids) == "<|im_start|>hi<|im_end|>")
    #expect(tokenizer.decode(ids, skippingSpecialTokens: true) == "hi")
  }

  @Test("takes away the space that encoding put in front, and no other")
  func leadingSpace() throws {
    let tokenizer = try TokenizerGoldens.tokenizer(gguf: "spm")
    #expect(tokenizer.decode(tokenizer.encode("how do I")) == "how do I")
    #expect(tokenizer.decode(tokenizer.encode(" how")) == " how")
    let spaceless = try TokenizerGoldens.tokenizer(
      gguf: "spm", setting: ["tokenizer.ggml.add_space_prefix": .bool(false)])
    #expect(spaceless.decode(spaceless.encode(" how")) == " how")
  }

  @Test("of an id without a token is empty")
  func outside() throws {
    let tokenizer = try TokenizerGoldens.tokenizer("gpt2")
    #expect(tokenizer.decode([-1, Int32(tokenizer.vocabularySize), .max]) == "")
  }
}
