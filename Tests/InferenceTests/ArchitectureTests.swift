import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// Tiny random models of every family, with the expected tensor at every site, made by transformers.
@Suite("Architectures")
struct ArchitectureTests {
  static let models = [
    "llama-tied", "llama-untied", "llama-biased", "llama-rope-llama3", "llama-rope-linear",
    "llama-sharded", "llama-bf16", "llama-f16", "mistral", "qwen2", "qwen2-untied", "qwen3",
  ]

  /// GGUF files of the same weights and the golden they must meet.
  static let ggufModels = [
    ("llama-untied-f32", "models/llama-untied/golden.safetensors"),
    ("llama-rope-llama3-f32", "models/llama-rope-llama3/golden.safetensors"),
    ("llama-untied-q8_0", "models/gguf/llama-untied-q8_0.golden.safetensors"),
    ("qwen2-f32", "models/qwen2/golden.safetensors"),
    ("qwen2-q8_0", "models/gguf/qwen2-q8_0.golden.safetensors"),
    ("qwen3-f32", "models/qwen3/golden.safetensors"),
    ("qwen3-q8_0", "models/gguf/qwen3-q8_0.golden.safetensors"),
  ]

  @Test("match transformers at every site", arguments: models)
  func matchTransformers(model: String) throws {
    let decoder = try Decoder(Checkpoint(path: Goldens.path("models/\(model)")), threads: 1)
    try expectSites(of: decoder, match: GoldenTensors("models/\(model)/golden.safetensors"))
  }

  @Test("match transformers from GGUF", arguments: ggufModels)
  func matchTransformersFromGGUF(model: String, golden: String) throws {
    let path = Goldens.path("models/gguf/\(model).gguf")
    let decoder = try Decoder(Checkpoint(path: path), threads: 1)
    try expectSites(of: decoder, match: GoldenTensors(golden))
  }

  /// Compares every site the golden has, in the order of computation, and stops at the first that departs.
  private func expectSites(of decoder: Decoder, match golden: GoldenTensors) throws {
    let names = golden.names.filter { !$0.hasSuffix("ids") }
    #expect(!names.isEmpty)
    for prompt in 0..<3 {
      let sites = names.compactMap { name -> HookSite? in
        let prefix = "prompt\(prompt)/"
        return name.hasPrefix(prefix) ? HookSite(name: String(name.dropFirst(prefix.count))) : nil
      }.sorted { $0.order < $1.order }
      #expect(sites.count == names.count { $0.hasPrefix("prompt\(prompt)/") })
      let capture = ActivationCapture(sites: sites)
      var space = DecoderWorkspace(for: decoder.description)
      var batch = TokenBatch()
      batch.append(try golden.integers("prompt\(prompt)/ids"))
      try decoder.forward(
        batch, hooks: HookTable([capture], for: decoder.description), logits: .all, &space)
      for site in sites {
        var found = capture[site]
        var expected = try golden.floats("prompt\(prompt)/\(site.name)")
        if site.kind == .attentionScores {
          // The golden marks what a query may not see by -1e9, which would drown every other score.
          #expect(found.map { $0 == -.infinity } == expected.map { $0 == -1e9 })
          found = found.map { $0 == -.infinity ? 0 : $0 }
          expected = expected.map { $0 == -1e9 ? 0 : $0 }
        }
        let error = relativeRMS(found, expected)
        try #require(
          error <= Tolerance.decoder.share,
          "\(site.name) of prompt \(prompt) departs by \(error) of its RMS")
      }
    }
  }
}

extension HookSite {
  /// Where the site comes in a pass.
  fileprivate var order: Int {
    let kind = SiteKind.allCases.firstIndex(of: kind) ?? 0
    return kind == 0 ? -1 : (layer ?? 1000) * 100 + kind
  }
}
