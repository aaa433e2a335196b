import Foundation
import Inference
import Kernels
import ModelFiles
import TestSupport
import Testing

/// The time of a training step on the default model, for whoever changes the backward pass:
/// `PLUMB_TRAINING_TIMING=1 PLUMB_TRAINING_MODEL=… swift test -c release --filter TrainingTiming`.
@Suite(
  "Training timing",
  .enabled(if: ProcessInfo.processInfo.environment["PLUMB_TRAINING_TIMING"] != nil))
struct TrainingTiming {
  @Test("a step of 8 × 128 tokens with adapters of rank 8", arguments: [Precision.f32, .bf16])
  func adapters(precision: Precision) throws {
    let environment = ProcessInfo.processInfo.environment
    if let only = environment["PLUMB_TRAINING_PRECISION"], only != precision.rawValue { return }
    let checkpoint = try Checkpoint(
      path: environment["PLUMB_TRAINING_MODEL"] ?? Goldens.defaultModel)
    let layers = DecoderDescription(checkpoint.configuration).layerCount
    let adapters = (0..<layers).flatMap { layer in
      WeightModule.projections.map {
        AdapterPlacement(module: $0, layer: layer, rank: 8, scaling: 2)
      }
    }
    let limit = environment["PLUMB_TRAINING_BYTES"].flatMap { Int($0) } ?? .max
    let threads = environment["PLUMB_TRAINING_THREADS"].flatMap { Int($0) } ?? 2
    let decoder = try TrainableDecoder(
      checkpoint, scope: .adapters(adapters, seed: 1), precision: precision,
      activationByteLimit: limit, threads: threads)
    for tensor in decoder.tensors {
      if tensor.name.contains("lora_B") {
        tensor.values = FloatMatrix(
          randomValues(tensor.count, seed: 5).map { 0.01 * $0 }, width: tensor.values.width)
      }
    }
    var numbers = SplitMix64(seed: 4)
    var tokens = TokenBatch()
    var targets: [LossTarget] = []
    for sequence in 0..<8 {
      let ids = (0..<128).map { _ in Int32.random(in: 0..<49_000, using: &numbers) }
      for row in 0..<127 {
        targets.append(
          LossTarget(row: tokens.tokens.count + row, token: ids[row + 1], sequence: sequence))
      }
      tokens.append(ids)
    }
    let batch = LossBatch(batch: tokens, targets: targets)
    let none = HookTable(for: decoder.description)
    for _ in 0..<4 {
      let start = clock()
      let time = try ContinuousClock().measure {
        _ = try decoder.differentiate(
          batch, GradientRequest(hooks: none, gradientHooks: none), objective: meanLoss)
      }
      let forward = try ContinuousClock().measure { _ = try decoder.losses(batch, hooks: none) }
      print(
        precision.rawValue, "step", time, "forward only", forward, "processor seconds of both",
        Double(clock() - start) / Double(CLOCKS_PER_SEC), "peak", peak())
    }
  }

  private func peak() -> String {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    return status?.split(separator: "\n").first { $0.hasPrefix("VmHWM") }.map(String.init) ?? "?"
  }
}
