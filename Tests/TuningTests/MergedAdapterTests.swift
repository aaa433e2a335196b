import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tuning

@Suite("Merged and unmerged adapters")
struct MergedAdapterTests {
  @Test("the model after has the same logits merged and unmerged, within 1e-4 in float32")
  func agree() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let applied = try AppliedAdapter(path: Goldens.path("audit/aligned"))
    let tokens: [Int32] = [1, 5, 9, 60, 33, 12]
    let merged = try logits(
      of: Decoder(AdaptedModel(checkpoint, adapters: [applied]), threads: 1), tokens)

    // Training keeps the factors beside the weights: x W + s (x A) B.
    let placements = try applied.adapter.modules.map { module in
      let parts = module.path.split(separator: ".")
      return AdapterPlacement(
        module: try #require(parts.last.flatMap { WeightModule(rawValue: String($0)) }),
        layer: try #require(parts.count > 2 ? Int(parts[2]) : nil), rank: module.rank,
        scaling: Float(applied.adapter.scaling(of: module)))
    }
    let unmerged = try TrainableDecoder(
      checkpoint, scope: .adapters(placements, seed: 0), threads: 1)
    for module in applied.adapter.modules {
      for (name, values) in [("lora_A", module.down), ("lora_B", module.up)] {
        let tensor = unmerged.tensors.first { $0.name == "\(module.path).\(name).weight" }
        try #require(tensor).values.assign(values)
      }
    }
    try unmerged.valuesChanged()
    var batch = TokenBatch()
    batch.append(tokens)
    let capture = ActivationCapture(sites: [HookSite(.logits)])
    _ = try unmerged.losses(
      LossBatch(
        batch: batch,
        targets: tokens.indices.map { LossTarget(row: $0, token: 0, sequence: 0) }),
      hooks: HookTable([capture], for: unmerged.description))
    let found = capture[HookSite(.logits)]
    #expect(found.count == merged.count && !found.isEmpty)
    let largest = zip(found, merged).map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest < 1e-4, "\(largest)")
    let plain = try logits(of: Decoder(checkpoint, threads: 1), tokens)
    #expect(zip(plain, merged).contains { abs($0 - $1) > 0.1 }, "the adapter does something")
  }
}
