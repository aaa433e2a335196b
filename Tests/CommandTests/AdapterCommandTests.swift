import Activations
import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite("plumb with adapters, export, blend and safe-lora")
struct AdapterCommandTests {
  private static let plain = Goldens.path("adapters/plain")
  private static let other = Goldens.path("adapters/one-layer-f16")

  private static func extract(
    _ model: String, to output: String, in folder: TestFolder
  ) async throws -> ActivationStore {
    try await plumbSucceeds(
      [
        "extract", "--model", model, "--prompts", "p.jsonl", "--output", output, "--sites",
        "resid_post,logits",
      ], in: folder)
    return try ActivationStore(path: folder.path(output))
  }

  @Test("a store names its adapter, and a vector or probe of the plain model is refused there")
  func identity() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(4), to: "p.jsonl")
    let plain = try await Self.extract(TinyModel.tied, to: "plain.h5", in: folder).identity
    let adapted = try await Self.extract(
      "\(TinyModel.tied)+\(Self.plain)", to: "adapted.h5", in: folder
    ).identity
    let half = try await Self.extract(
      "\(TinyModel.tied)+\(Self.plain)@0.5", to: "half.h5", in: folder
    ).identity
    let two = try await Self.extract(
      "\(TinyModel.tied)+\(Self.plain)+\(Self.other)", to: "two.h5", in: folder
    ).identity
    #expect(plain.adapterDigest == nil)
    let digests = [adapted, half, two].map(\.adapterDigest)
    #expect(!digests.contains(nil) && Set(digests).count == 3)
    #expect(Set([plain, adapted, half, two].map(\.modelDigest)).count == 1)
    let fixture = try await SharedFixture.value
    let score = try await plumb(
      [
        "score", "--probe", fixture.probes, "--model", "\(TinyModel.tied)+\(Self.plain)",
        "--prompts", "p.jsonl",
      ], in: folder)
    #expect(score.code == 78 && score.messages.contains("adapter"), "\(score.messages)")
  }

  @Test("an exported model with its adapter gives the same rows")
  func export() async throws {
    let folder = try TestFolder()
    try folder.write(TestPrompts.text(4), to: "p.jsonl")
    let model = "\(TinyModel.tied)+\(Self.plain)"
    let result = try await plumbSucceeds(
      ["export", "--model", model, "--output", "merged", "--json"], in: folder)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(
      object.keys.sorted() == [
        "bytes", "output", "tensors", "tokenizer_files", "types", "weight_files",
      ])
    _ = try await Self.extract(model, to: "adapted.h5", in: folder)
    _ = try await Self.extract("merged", to: "merged.h5", in: folder)
    let comparison = try await plumbSucceeds(
      ["inspect", "--compare", "adapted.h5", "merged.h5", "--json"], in: folder)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(comparison.output)) as? [String: Any])
    let datasets = try #require(
      (report["comparison"] as? [String: Any])?["datasets"] as? [[String: Any]])
    #expect(datasets.count == 3)
    for dataset in datasets {
      let figures = try #require(dataset["figures"] as? [String: Any])
      #expect(figures["relative_error"] as? Double == 0, "\(dataset["name"] ?? "")")
    }
  }

  @Test("inspect tells an adapter's ranks, targets and norms")
  func inspect() async throws {
    let folder = try TestFolder()
    let text = try await plumbSucceeds(["inspect", Self.plain], in: folder)
    #expect(text.text.contains("q_proj, v_proj") && text.text.contains("0-1"))
    #expect(text.lines.count { $0.contains("|ΔW|") } == 4)
    let result = try await plumbSucceeds(
      ["inspect", Self.plain, "--model", TinyModel.tied, "--json"], in: folder)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let modules = try #require(object["modules"] as? [[String: Any]])
    #expect(modules.count == 4)
    for module in modules {
      #expect((module["relative_norm"] as? Double ?? 0) > 0)
      #expect(module["scaling"] as? Double == 2)
    }
    let model = try await plumbSucceeds(
      ["inspect", "\(TinyModel.tied)+\(Self.plain)", "--json"], in: folder)
    #expect(model.text.contains("adapter sha256"))
  }

  @Test("blend scales an adapter, and paths may have a plus in them")
  func blend() async throws {
    let folder = try TestFolder()
    try await plumbSucceeds(
      ["blend", "--adapter", Self.plain, "--weight", "0.5", "--output", "a+b@1"], in: folder)
    try folder.write(TestPrompts.text(2), to: "p.jsonl")
    let half = try await Self.extract(
      "\(TinyModel.tied)+\(Self.plain)@0.5", to: "half.h5", in: folder)
    let written = try await Self.extract("\(TinyModel.tied)+a+b@1", to: "written.h5", in: folder)
    #expect(written.identity == half.identity)
    #expect(try folder.bytes("written.h5") == folder.bytes("half.h5"))
  }

  @Test("an adapter's layers may have any name", arguments: ["-5", "9223372036854775807", "1024"])
  func strangeLayers(layer: String) async throws {
    let folder = try TestFolder()
    let module = LowRankAdapter.Module(
      path: "model.layers.\(layer).self_attn.q_proj", rank: 1, down: [1, 2], up: [3, 4])
    try LowRankAdapter(
      AdapterConfiguration(rank: 1, alpha: 1, targets: .names(["q_proj"])), modules: [module]
    ).write(to: folder.path("strange"), origin: "")
    try folder.write(
      #"{"weight": 0.5, "modules": [{"module": "q_proj", "weight": 1}]}"#, to: "w.json")
    try await plumbSucceeds(
      ["blend", "--adapter", "strange", "--weights", "w.json", "--output", "out"], in: folder)
    let text = try await plumbSucceeds(["inspect", "out"], in: folder).text
    #expect(text.contains("\nlayers       none\n"), "\(text)")
  }

  @Test("safe-lora writes an adapter and a score for each module")
  func safeLoRA() async throws {
    let folder = try TestFolder()
    let result = try await plumbSucceeds(
      [
        "safe-lora", "--base", TinyModel.tied, "--aligned", "\(TinyModel.tied)+\(Self.plain)",
        "--adapter", Self.plain, "--output", "safe", "--number", "3", "--json",
      ], in: folder)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let modules = try #require(object["modules"] as? [[String: Any]])
    #expect(modules.count == 4)
    #expect(modules.count { $0["is_edited"] as? Bool == true } == 3)
    #expect(object["edited"] as? Int == 3)
    #expect(folder.exists("safe/adapter_model.safetensors"))
    try await plumbSucceeds(["inspect", "safe", "--model", TinyModel.tied], in: folder)
  }
}
