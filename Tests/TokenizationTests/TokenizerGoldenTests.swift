import ModelFiles
import Testing
import Tokenization

@Suite("Tokenizer against its references")
struct TokenizerGoldenTests {
  @Test("gives HuggingFace's ids to fuzzed text", arguments: TokenizerGoldens.families)
  func huggingFaceIDs(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    for golden in try TokenizerGoldens.cases(family) {
      let tokens = tokenizer.encode(golden.text, literal: [])
      #expect(tokens.map(\.id) == golden.ids, "\(ByteString(golden.text))")
    }
  }

  @Test("decodes to HuggingFace's text", arguments: TokenizerGoldens.families)
  func huggingFaceDecoding(family: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(family)
    for golden in try TokenizerGoldens.cases(family) {
      guard let decoded = golden.decoded else { continue }
      #expect(ByteString(tokenizer.decode(golden.ids)) == decoded, "\(decoded)")
    }
  }

  @Test("gives llama.cpp's ids to fuzzed text", arguments: ["llama3", "spm"])
  func llamaIDs(name: String) throws {
    let tokenizer = try TokenizerGoldens.tokenizer(gguf: name)
    for golden in try TokenizerGoldens.cases("gguf-\(name)") {
      let tokens = tokenizer.encode(golden.text, literal: [])
      #expect(tokens.map(\.id) == golden.ids, "\(ByteString(golden.text))")
    }
  }

  @Test("knows which tokens begin and end text")
  func ends() throws {
    let llama3 = try TokenizerGoldens.tokenizer("llama3")
    #expect(llama3.addsBeginningOfSequence)
    #expect(llama3.beginningOfSequence == llama3.id(of: "<|begin_of_text|>"))
    #expect(llama3.endOfSequence.contains(try #require(llama3.id(of: "<|eot_id|>"))))

    let smollm2 = try TokenizerGoldens.tokenizer("smollm2")
    #expect(!smollm2.addsBeginningOfSequence)
    #expect(smollm2.beginningOfSequence == nil)

    let pieces = try TokenizerGoldens.tokenizer(gguf: "spm")
    #expect(pieces.addsBeginningOfSequence)
    #expect(pieces.beginningOfSequence == 1)
    #expect(pieces.endOfSequence.contains(2))
    #expect(pieces.isSpecial(0) && pieces.isSpecial(2) && !pieces.isSpecial(300))
  }

  @Test("takes beginning and end from tokenizer_config.json")
  func configuration() throws {
    let tokenizer = try TokenizerGoldens.tokenizer(
      try TokenizerGoldens.tokenizerJSON("smollm2"),
      configuration: [
        "bos_token": "<|im_start|>", "eos_token": .object(["content": "<|im_end|>"]),
      ])
    #expect(tokenizer.beginningOfSequence == tokenizer.id(of: "<|im_start|>"))
    #expect(!tokenizer.addsBeginningOfSequence)
    #expect(tokenizer.endOfSequence.contains(try #require(tokenizer.id(of: "<|im_end|>"))))
  }

  @Test("cuts text by the pre-tokenizer that a GGUF file names")
  func namedPreTokenizers() throws {
    let expected: [(name: ByteString, pieces: [String])] = [
      ("gpt-2", ["e", "(", "1", "0", "):", " 1", "234"]),
      ("llama-bpe", ["e", "(", "1", "0", "):", " ", "1", "23", "4"]),
      ("qwen2", ["e", "(", "1", "0", "):", " ", "1", "2", "3", "4"]),
      ("smollm", ["e", "(", "1", "0", "):", " ", "1", "2", "3", "4"]),
    ]
    for (name, pieces) in expected {
      let tokenizer = try TokenizerGoldens.tokenizer(
        gguf: "llama3", setting: ["tokenizer.ggml.pre": .string(name)])
      #expect(tokenizer.pieces("e(10): 1234") == pieces, "\(name)")
    }
  }
}
