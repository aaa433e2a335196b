import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization

@Suite("Exported models")
struct ModelExportTests {
  private static let tokens: [Int32] = [1, 5, 9, 30, 7]
  /// Files whose tokenizers and configurations come from GGUF.
  private static let gguf = [
    "llama-untied-f32", "llama-untied-q8_0", "llama-biased-bf16", "llama-rope-linear-bf16",
    "llama-rope-llama3-f32", "qwen2-q8_0", "qwen3-f32",
  ]

  @Test("a folder that is written is the model, to the bit", arguments: ArchitectureTests.models)
  func folders(model: String) throws {
    let folder = try TestExport()
    let source = try Checkpoint(path: Goldens.path("models/\(model)"))
    let summary = try ModelExport(AdaptedModel(source)).write(to: folder.path)
    let copy = try Checkpoint(path: folder.path)
    #expect(copy.configuration == source.configuration)
    #expect(summary.tokenizerFiles.contains("tokenizer.json"))
    for (name, tensor) in source.tensors {
      #expect(copy.tensors[name]?.elementType == tensor.elementType)
    }
    #expect(
      try logits(of: Decoder(copy, threads: 1), Self.tokens)
        == logits(of: Decoder(source, threads: 1), Self.tokens))
  }

  @Test(
    "weights that transformers wrote come out as the same file", arguments: ["llama-tied", "qwen3"])
  func sameFile(model: String) throws {
    let folder = try TestExport()
    let source = Goldens.path("models/\(model)")
    _ = try ModelExport(AdaptedModel(Checkpoint(path: source))).write(to: folder.path)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.path + "/model.safetensors"))
        == Data(contentsOf: URL(fileURLWithPath: source + "/model.safetensors")))
  }

  @Test("a GGUF file becomes a folder with its numbers and its tokens", arguments: gguf)
  func fromGGUF(model: String) throws {
    let folder = try TestExport()
    let source = try Checkpoint(path: Goldens.path("models/gguf/\(model).gguf"))
    _ = try ModelExport(AdaptedModel(source)).write(to: folder.path)
    let copy = try Checkpoint(path: folder.path)
    #expect(copy.configuration.endOfSequenceIDs == source.configuration.endOfSequenceIDs)
    let found = try logits(of: Decoder(copy, threads: 1), Self.tokens)
    let expected = try logits(of: Decoder(source, threads: 1), Self.tokens)
    // The factors of Llama 3's rotary rule are rounded in the GGUF file.
    expectClose(found, expected, model.contains("llama3") ? .decoder : .exact, model)
    let (mine, theirs) = (try Tokenizer(copy.tokenizer), try Tokenizer(source.tokenizer))
    #expect(mine.beginningOfSequence == theirs.beginningOfSequence)
    #expect(mine.addsBeginningOfSequence == theirs.addsBeginningOfSequence)
    #expect(mine.endOfSequence == theirs.endOfSequence)
    for text in ["the weather 1234\n", "naïve café <|im_end|>", "  wings\t7"] {
      for parses in [false, true] {
        #expect(
          mine.encode(text, parsingSpecialTokens: parses)
            == theirs.encode(text, parsingSpecialTokens: parses), "\(text)")
      }
    }
    #expect(
      try ChatTemplate(copy.tokenizer)?.digest == ChatTemplate(source.tokenizer)?.digest)
  }

  @Test("the default model's tokens survive")
  func defaultTokenizer() throws {
    let source = try Checkpoint(path: Goldens.defaultModel).tokenizer
    let files = try #require(try source.folderFiles())
    let object = try #require(try JSONValue.parse(files[0].bytes).asObject)
    let configuration = try #require(try JSONValue.parse(files[1].bytes).asObject)
    let copy = try Tokenizer(
      .tokenizerJSON(object, tokenizerConfig: configuration, chatTemplate: nil, path: "copy"))
    let original = try Tokenizer(source)
    for text in ["Who are you? 2024 — naïve\n\n  x", "<|im_start|>user", "日本語 and العربية"] {
      #expect(copy.encode(text) == original.encode(text), "\(text)")
    }
  }

  @Test("shards are listed in an index and hold the same tensors")
  func shards() throws {
    let folder = try TestExport()
    let source = try Checkpoint(path: Goldens.path("models/qwen2"))
    let summary = try ModelExport(AdaptedModel(source), shardByteLimit: 10_000)
      .write(to: folder.path)
    #expect(summary.weightFiles.count > 2)
    let copy = try Checkpoint(path: folder.path)
    #expect(copy.notes.isEmpty)
    #expect(
      try logits(of: Decoder(copy, threads: 1), Self.tokens)
        == logits(of: Decoder(source, threads: 1), Self.tokens))
  }

  @Test("an adapter is merged as it is applied, and rounded once in a narrower type")
  func merged() throws {
    let folder = try TestExport()
    let model = try AdaptedModelTests.adapted("patterned", "qwen3")
    _ = try ModelExport(model, elementType: .f32).write(to: folder.path)
    let expected = try logits(of: Decoder(model, threads: 1), Self.tokens)
    let copy = try Checkpoint(path: folder.path)
    #expect(try logits(of: Decoder(copy, threads: 1), Self.tokens) == expected)
    let narrow = try TestExport()
    _ = try ModelExport(model, elementType: .bf16).write(to: narrow.path)
    let rounded = try Checkpoint(path: narrow.path)
    let name = "model.layers.0.mlp.up_proj.weight"
    let wide = try copy.floats(name)
    for (value, exact) in zip(try rounded.floats(name), wide) {
      let bits = exact.bitPattern &+ 0x7FFF &+ (exact.bitPattern >> 16 & 1)
      #expect(value == Float(bitPattern: bits & 0xFFFF_0000))
    }
  }

  @Test("values that a type does not reach are refused, and nothing is left")
  func overflow() throws {
    let folder = try TestExport()
    let model = try AdaptedModelTests.adapted("plain", "llama-tied")
    let strong = try AdaptedModel(
      model.checkpoint, adapters: [model.adapters[0].at(weight: 1e6)])
    let found = #expect(throws: ModelFileError.self) {
      _ = try ModelExport(strong, elementType: .f16).write(to: folder.path)
    }
    #expect(found?.description.contains("F16 does not reach") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.parent).isEmpty)
  }

  @Test("a folder that is there is not replaced")
  func replacesNothing() throws {
    let folder = try TestExport()
    let export = try ModelExport(
      AdaptedModel(Checkpoint(path: Goldens.path("models/llama-tied"))))
    _ = try export.write(to: folder.path)
    #expect(throws: ModelFileError.folderExists(path: folder.path)) {
      _ = try export.write(to: folder.path)
    }
  }
}

/// A path for a folder, gone when the test is.
final class TestExport {
  let parent: String
  var path: String { parent + "/model" }

  init() throws {
    parent = NSTemporaryDirectory() + "plumbline-export-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: parent)
  }
}
