import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Tuning

/// Tuning of a real architecture, against PyTorch and PEFT.
@Suite("Steps of a decoder")
struct TuningStepsTests {
  private static let checkpoint = Goldens.path("models/llama-tied")

  /// The golden's examples.
  private func examples(_ golden: GoldenTensors) throws -> [TrainingExample] {
    let ids = try golden.integers("ids")
    var start = 0
    return try zip(golden.integers("lengths"), golden.integers("first")).enumerated().map {
      index, sizes in
      let (length, first) = (Int(sizes.0), Int(sizes.1))
      defer { start += length }
      return TrainingExample(
        line: index + 1, id: "\(index)", ids: Array(ids[start..<start + length]),
        roles: (0..<length).map { $0 < first ? .user : .assistant },
        carriesLoss: (0..<length).map { $0 >= first })
    }
  }

  private func plan(rate: Double) -> TuningPlan {
    TuningPlan(
      length: .steps(10),
      batches: BatchStream.Plan(size: .examples(3), accumulation: 2, shuffles: false), rate: rate,
      weightDecay: 0.05, course: .linear, warmUpSteps: 3, clip: 1)
  }

  private func decoder(_ scope: TrainingScope) throws -> TrainableDecoder {
    try TrainableDecoder(Checkpoint(path: Self.checkpoint), scope: scope, threads: 2)
  }

  private func placements(rank: Int) -> [AdapterPlacement] {
    (0..<2).flatMap { layer in
      WeightModule.projections.map {
        AdapterPlacement(module: $0, layer: layer, rank: rank, scaling: 2)
      }
    }
  }

  /// The losses of ten steps.
  private func losses(_ decoder: TrainableDecoder, rate: Double, _ golden: GoldenTensors) throws
    -> [Float]
  {
    var losses: [Float] = []
    let loop = try TuningLoop(
      model: decoder, plan: plan(rate: rate), strategy: PlainTuning(),
      training: try examples(golden), path: "golden")
    _ = try loop.run(onProgress: { losses.append(Float($0.loss ?? .nan)) })
    return losses
  }

  @Test("ten steps of LoRA have the losses of PEFT")
  func lora() throws {
    let golden = try GoldenTensors("tuning/steps.safetensors")
    let decoder = try decoder(.adapters(placements(rank: 2), seed: 0))
    #expect(decoder.tensors.count == 28)
    for tensor in decoder.tensors {
      tensor.values.assign(try golden.floats("start/\(tensor.name)"))
    }
    try decoder.valuesChanged()
    expectClose(
      try losses(decoder, rate: 5e-3, golden), try golden.floats("lora.losses"), .decoder)
  }

  @Test("ten steps of all weights have the losses of PyTorch")
  func full() throws {
    let golden = try GoldenTensors("tuning/steps.safetensors")
    expectClose(
      try losses(try decoder(.weights(nil)), rate: 1e-3, golden), try golden.floats("full.losses"),
      .decoder)
  }

  // MARK: What a strategy must hold on a real model

  @Test("no move or no probe leave the plain gradient of a decoder, bit for bit, and its weights")
  func degenerate() throws {
    let golden = try GoldenTensors("tuning/steps.safetensors")
    let batch = LossBatch(try examples(golden))
    let pairs = try contrast(golden)
    let decoder = try decoder(.adapters(placements(rank: 2), seed: 3))
    for tensor in decoder.tensors {
      tensor.values.assign(try golden.floats("start/\(tensor.name)"))
    }
    try decoder.valuesChanged()
    func gradients(_ strategy: any TuningStrategy) throws -> [[Float]] {
      for tensor in decoder.tensors { tensor.clearGradient() }
      _ = try strategy.makeGradient(
        StepInput(model: decoder, trained: decoder.tensors, batches: [batch], step: 0))
      return decoder.tensors.map { $0.gradient.array() }
    }
    func probing(move: Double, probe: Double) -> SafetyAwareProbing {
      SafetyAwareProbing(
        contrast: pairs,
        options: SafetyAwareProbing.Options(
          layers: LayerRange(first: 0, last: 0), probeSize: probe, moveShare: move, mode: .raw),
        seed: 1)
    }
    let weights = decoder.tensors.map { $0.values.array() }
    let plain = try gradients(PlainTuning())
    #expect(try gradients(probing(move: 0, probe: 0.05)) == plain)
    #expect(try gradients(probing(move: 1e-2, probe: 0)) == plain)
    #expect(try gradients(probing(move: 1e-2, probe: 5)) != plain)
    #expect(decoder.tensors.map { $0.values.array() } == weights)
  }

  @Test("full tuning restores weights and packed products after a harmful move")
  func fullRestoration() throws {
    let golden = try GoldenTensors("tuning/steps.safetensors")
    let batch = LossBatch(try examples(golden))
    let decoder = try decoder(.weights(nil))
    let none = HookTable(layerCount: decoder.layerCount)
    let weights = decoder.tensors.map { $0.values.array() }
    let losses = try decoder.losses(batch, hooks: none)
    let method = SafetyAwareProbing(
      contrast: try contrast(golden),
      options: SafetyAwareProbing.Options(layers: LayerRange(first: 0, last: 1), moveShare: 0.1),
      seed: 1)
    _ = try method.makeGradient(
      StepInput(model: decoder, trained: decoder.tensors, batches: [batch], step: 0))
    #expect(decoder.tensors.map { $0.values.array() } == weights)
    #expect(try decoder.losses(batch, hooks: none) == losses)
  }

  @Test("a vector added to a block's output is a bias of what its MLP adds")
  func broadcast() throws {
    let golden = try GoldenTensors("tuning/steps.safetensors")
    let batch = LossBatch(try examples(golden))
    let decoder = try decoder(.weights([]))
    let vector = randomValues(decoder.description.dModel, seed: 6)
    func losses(_ site: SiteKind) throws -> [Float] {
      let hook = Intervention(.add(vector), at: site, layers: [0])
      return try decoder.losses(batch, hooks: HookTable([hook], layerCount: decoder.layerCount))
        .map(Float.init)
    }
    let none = try decoder.losses(batch, hooks: HookTable(layerCount: decoder.layerCount))
    let added = try losses(.residPost)
    expectClose(added, try losses(.mlpOut), .decoder)
    #expect(relativeRMS(added, none.map(Float.init)) > 1e-2)
  }

  private func contrast(_ golden: GoldenTensors) throws -> ContrastiveSet {
    let examples = try examples(golden)
    return ContrastiveSet(
      pairs: (0..<3).map {
        ContrastiveSet.Pair(safeAnswer: examples[$0], unsafeAnswer: examples[$0 + 3])
      })
  }
}
