import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tuning

@Suite("Blended models")
struct ModelBlendTests {
  private static let tokens: [Int32] = [1, 5, 9, 30, 7]
  private static let model = Goldens.path("models/qwen3")

  /// The model and what an adapter makes of it, both as folders.
  private static func pair(_ folder: TestFolder) throws -> (
    before: AdaptedModel, after: AdaptedModel
  ) {
    let before = try AdaptedModel(Checkpoint(path: model))
    let tuned = try AdaptedModel(
      before.checkpoint,
      adapters: [AppliedAdapter(path: Goldens.path("adapters/patterned"))])
    _ = try ModelExport(tuned).write(to: folder.path("after"))
    return (before, try AdaptedModel(Checkpoint(path: folder.path("after"))))
  }

  @Test("weights of 0 and 1 give the files of the one model, byte for byte", arguments: [0.0, 1.0])
  func ends(weight: Double) throws {
    let folder = try TestFolder()
    let (before, after) = try Self.pair(folder)
    _ = try ModelBlend(before: before, after: after, weights: BlendWeights(weight))
      .export().write(to: folder.path("blend"))
    let source = weight == 0 ? Self.model : folder.path("after")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.path("blend") + "/model.safetensors"))
        == Data(contentsOf: URL(fileURLWithPath: source + "/model.safetensors")))
  }

  @Test("weights between are the mean in float32, and equal values stay as they are")
  func between() throws {
    let folder = try TestFolder()
    let (before, after) = try Self.pair(folder)
    _ = try ModelBlend(before: before, after: after, weights: BlendWeights(0.3))
      .export(elementType: .f32).write(to: folder.path("blend"))
    let blend = try Checkpoint(path: folder.path("blend"))
    let changed = "model.layers.0.mlp.up_proj.weight"
    let (first, second) = (
      try before.checkpoint.floats(changed), try after.checkpoint.floats(changed)
    )
    expectClose(
      try blend.floats(changed), zip(first, second).map { 0.7 * Double($0) + 0.3 * Double($1) },
      .kernel)
    for name in ["model.embed_tokens.weight", "model.norm.weight"] {
      #expect(try blend.floats(name) == before.checkpoint.floats(name))
    }
    let direct = try ModelBlend(before: before, after: after, weights: BlendWeights(0.3))
      .decoder(threads: 1)
    #expect(
      try logits(of: direct, Self.tokens)
        == logits(of: Decoder(blend, threads: 1), Self.tokens))
  }

  @Test("blending with an adapted model is scaling its adapter")
  func adapter() throws {
    let folder = try TestFolder()
    let before = try AdaptedModel(Checkpoint(path: Self.model))
    let applied = try AppliedAdapter(path: Goldens.path("adapters/patterned"))
    let after = try AdaptedModel(before.checkpoint, adapters: [applied])
    let blend = try ModelBlend(before: before, after: after, weights: BlendWeights(0.4))
    let scaled = try AdaptedModel(before.checkpoint, adapters: [applied.at(weight: 0.4)])
    let expected = try logits(of: Decoder(scaled, threads: 1), Self.tokens)
    expectClose(try logits(of: blend.decoder(threads: 1), Self.tokens), expected, .decoder)
    let written = applied.adapter.blended(BlendWeights(0.4))
    try written.write(to: folder.path("adapter"), origin: "A test.")
    let read = try AdaptedModel(
      before.checkpoint, adapters: [AppliedAdapter(path: folder.path("adapter"))])
    #expect(try logits(of: Decoder(read, threads: 1), Self.tokens) == expected)
    #expect(applied.adapter.blended(BlendWeights(1)) == applied.adapter)
  }

  @Test("modules have weights of their own")
  func modules() throws {
    let folder = try TestFolder()
    let (before, after) = try Self.pair(folder)
    try folder.write(
      """
      {"weight": 0, "modules": [{"module": "up_proj", "weight": 1},
        {"module": "up_proj", "layer": 1, "weight": 0}, {"module": "norm", "weight": 1}]}
      """, to: "weights.json")
    let weights = try BlendWeights(path: folder.path("weights.json"), layerCount: 2)
    _ = try ModelBlend(before: before, after: after, weights: weights)
      .export().write(to: folder.path("blend"))
    let blend = try Checkpoint(path: folder.path("blend"))
    for (layer, source) in [(0, after.checkpoint), (1, before.checkpoint)] {
      let name = "model.layers.\(layer).mlp.up_proj.weight"
      #expect(try blend.floats(name) == source.floats(name))
    }
    let applied = try AppliedAdapter(path: Goldens.path("adapters/patterned")).adapter
    let scaled = applied.blended(weights)
    for module in scaled.modules {
      let kept = module.path == "model.layers.0.mlp.up_proj"
      #expect(scaled.scaling(of: module) == (kept ? applied.scaling(of: module) : 0))
    }
  }

  @Test(
    "models that are not of one kind are refused",
    arguments: [
      ("llama-tied", "qwen3", "differ in sizes"), ("llama-untied", "llama-tied", "differ in sizes"),
    ])
  func otherShape(before: String, after: String, words: String) throws {
    let models = try [before, after].map {
      try AdaptedModel(Checkpoint(path: Goldens.path("models/\($0)")))
    }
    let error = #expect(throws: AfterTuningError.self) {
      _ = try ModelBlend(before: models[0], after: models[1], weights: BlendWeights(0.5))
    }
    #expect(error?.description.contains(words) == true)
  }

  @Test("another type or vocabulary is refused, with its name")
  func otherTypeOrTokens() throws {
    let folder = try TestFolder()
    let before = try AdaptedModel(Checkpoint(path: Self.model))
    _ = try ModelExport(before, elementType: .f16).write(to: folder.path("narrow"))
    let narrow = try AdaptedModel(Checkpoint(path: folder.path("narrow")))
    func message(_ after: AdaptedModel) -> String {
      do {
        _ = try ModelBlend(before: before, after: after, weights: BlendWeights(0.5))
        return "blended"
      } catch { return "\(error)" }
    }
    #expect(message(narrow).contains("is BF16 in one and F16 in the other"))
    _ = try ModelExport(before).write(to: folder.path("renamed"))
    let file = folder.path("renamed") + "/tokenizer.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacingOccurrences(of: "\"!\":", with: "\"zzzz\":")
      .write(toFile: file, atomically: true, encoding: .utf8)
    let renamed = try AdaptedModel(Checkpoint(path: folder.path("renamed")))
    #expect(message(renamed).contains("stands for different bytes"), "\(message(renamed))")
  }

  @Test(
    "files of weights that make no sense are refused",
    arguments: [
      ("{}", "no weight"), ("{\"weight\": 2}", "no weight from 0 to 1"),
      ("{\"weight\": 0, \"modules\": {}}", "no array"),
      ("{\"weight\": 0, \"modules\": [3]}", "no object"),
      ("{\"weight\": 0, \"modules\": [{\"module\": \"q\", \"weight\": 1}]}", "q_proj"),
      (
        "{\"weight\": 0, \"modules\": [{\"module\": \"q_proj\", \"layer\": 2, \"weight\": 1}]}",
        "layer"
      ),
      (
        "{\"weight\": 0, \"modules\": [{\"module\": \"norm\", \"layer\": 0, \"weight\": 1}]}",
        "layer"
      ),
      ("{\"weight\": 0, \"modules\": [{\"module\": \"norm\"}]}", "no weight"),
      ("{\"weight\": 0, \"extra\": 1}", "unknown key extra"),
    ])
  func weightFiles(text: String, words: String) throws {
    let folder = try TestFolder()
    try folder.write(text, to: "weights.json")
    let error = #expect(throws: AfterTuningError.self) {
      _ = try BlendWeights(path: folder.path("weights.json"), layerCount: 2)
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }
}
