import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// Adapters that PEFT made, with the logits it gives with them, unmerged.
@Suite("Adapted models")
struct AdaptedModelTests {
  /// An adapter's folder and the model it was made on.
  static let golden = [
    ("plain", "llama-tied"), ("patterned", "qwen3"), ("stabilized", "qwen2"),
    ("head-bf16", "llama-untied"), ("one-layer-f16", "llama-tied"),
  ]

  @Test("give PEFT's logits", arguments: golden)
  func matchPEFT(adapter: String, model: String) throws {
    let golden = try GoldenTensors("adapters/\(adapter)/golden.safetensors")
    let adapted = try Self.adapted(adapter, model)
    let found = try logits(of: Decoder(adapted, threads: 2), golden.integers("tokens"))
    expectClose(found, try golden.floats("logits"), .decoder, adapter)
    let plain = try logits(
      of: Decoder(adapted.checkpoint, threads: 1), golden.integers("tokens"))
    #expect(relativeRMS(plain, try golden.floats("logits")) > 0.01, "the adapter does something")
  }

  @Test("do not depend on threads or on which blocks stay in memory")
  func deterministic() throws {
    let model = try Self.adapted("patterned", "qwen3")
    let tokens: [Int32] = [1, 5, 9, 30]
    let first = try logits(of: Decoder(model, threads: 1), tokens)
    #expect(try logits(of: Decoder(model, keptLayers: 0, threads: 3), tokens) == first)
  }

  @Test("a weight of zero leaves every bit, two halves make about a whole")
  func weights() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let whole = try AppliedAdapter(path: Goldens.path("adapters/plain"))
    let tokens: [Int32] = [1, 5, 9, 30]
    func values(_ adapters: [AppliedAdapter]) throws -> [Float] {
      try logits(of: Decoder(AdaptedModel(checkpoint, adapters: adapters), threads: 1), tokens)
    }
    let plain = try logits(of: Decoder(checkpoint, threads: 1), tokens)
    #expect(try values([whole.at(weight: 0)]) == plain)
    let half = whole.at(weight: 0.5)
    expectClose(try values([half, half]), try values([whole]), .decoder)
    let scaled = AppliedAdapter(whole.adapter.scaled(by: 0.25))
    #expect(try values([scaled]) == values([whole.at(weight: 0.25)]), "scaling is exact")
  }

  @Test("the digest names what is added, in which order and how strongly")
  func digest() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let first = try AppliedAdapter(path: Goldens.path("adapters/plain"))
    let second = try AppliedAdapter(path: Goldens.path("adapters/one-layer-f16"))
    let digests = try [
      [], [first], [second], [first, second], [second, first], [first.at(weight: 0.5)],
    ].map { try AdaptedModel(checkpoint, adapters: $0).adapterDigest }
    #expect(digests[0] == nil)
    #expect(Set(digests).count == digests.count)
  }

  @Test("an adapter of another model is refused, one of other weights of its shape is noted")
  func otherModel() throws {
    let qwen = try Checkpoint(path: Goldens.path("models/qwen3"))
    var applied = try AppliedAdapter(path: Goldens.path("adapters/plain"))
    let sentence = Self.sentence { try AdaptedModel(qwen, adapters: [applied]) }
    #expect(sentence.contains("adapter of another model?") && sentence.contains("q_proj"))
    var adapter = applied.adapter
    adapter.baseDigest = String(repeating: "b", count: 64)
    applied = AppliedAdapter(adapter)
    let llama = try Checkpoint(path: Goldens.path("models/llama-tied"))
    #expect(try AdaptedModel(llama, adapters: [applied]).notes.count == 1)
    adapter.baseDigest = llama.digest()
    #expect(try AdaptedModel(llama, adapters: [AppliedAdapter(adapter)]).notes.isEmpty)
  }

  @Test("modules that the model lacks or the configuration demands are named together")
  func modules() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let original = try AppliedAdapter(path: Goldens.path("adapters/plain")).adapter
    let kept = original.modules.dropLast().map { $0 }
    let stranger = LowRankAdapter.Module(
      path: "model.layers.7.self_attn.q_proj", rank: 4,
      down: Array(repeating: 1, count: 4 * 36), up: Array(repeating: 1, count: 4 * 36))
    let head = LowRankAdapter.Module(
      path: "lm_head", rank: 4, down: Array(repeating: 1, count: 4 * 36),
      up: Array(repeating: 1, count: 4 * 272))
    let adapter = LowRankAdapter(original.configuration, modules: kept + [stranger, head])
    let sentence = Self.sentence {
      try AdaptedModel(checkpoint, adapters: [AppliedAdapter(adapter)])
    }
    #expect(sentence.contains("missing: model.layers.1.self_attn.v_proj"), "\(sentence)")
    #expect(sentence.contains("model.layers.7.self_attn.q_proj") && sentence.contains("lm_head"))
  }

  @Test("norms of updates are those of the product")
  func norms() throws {
    let adapter = try AppliedAdapter(path: Goldens.path("adapters/patterned")).adapter
    for module in adapter.modules {
      var sum = 0.0
      for row in 0..<module.outputWidth {
        for column in 0..<module.inputWidth {
          let value = (0..<module.rank).reduce(0.0) {
            $0 + Double(module.up[row * module.rank + $1])
              * Double(module.down[$1 * module.inputWidth + column])
          }
          sum += value * value
        }
      }
      let expected = adapter.scaling(of: module) * sum.squareRoot()
      expectClose([Float(adapter.updateNorm(of: module))], [expected], .kernel, module.path)
    }
  }

  static func adapted(_ adapter: String, _ model: String) throws -> AdaptedModel {
    try AdaptedModel(
      Checkpoint(path: Goldens.path("models/\(model)")),
      adapters: [AppliedAdapter(path: Goldens.path("adapters/\(adapter)"))])
  }

  private static func sentence<Value>(_ body: () throws -> Value) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }
}
