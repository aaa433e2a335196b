import Foundation
import Inference
import Kernels
import ModelFiles
import Tuning

extension TuningPlan {
  /// The numbers of a run, as the settings have them.
  init(_ settings: inout TuneSettings, shuffles: Bool, method: TuneMethod) throws {
    let seed = UInt64(try settings.whole(.seed, default: 0, in: 0...Int.max))
    let batchTokens = try settings.whole(.batchTokens, in: 1...Int.max)
    let size: BatchStream.Size
    if let batchTokens {
      size = .tokens(batchTokens)
    } else {
      size = .examples(try settings.whole(.batchSize, default: 8, in: 1...1_000_000))
    }
    let steps = try settings.whole(.steps, in: 1...1_000_000_000)
    let length: TuningPlan.Length
    if let steps {
      length = .steps(steps)
    } else {
      length = .epochs(try settings.whole(.epochs, default: 1, in: 1...1_000_000))
    }
    let clip = try settings.number(.clip, default: 1, in: 0...Double.infinity)
    self.init(
      length: length,
      batches: BatchStream.Plan(
        size: size, accumulation: try settings.whole(.accumulate, default: 1, in: 1...100_000),
        shuffles: shuffles, seed: seed),
      algorithm: try settings.choice(.optimizer, default: .adamw),
      rate: try settings.number(
        .learningRate, default: method == .lora ? 2e-4 : 2e-5, in: 0...100),
      moduleRates: try Self.moduleRates(&settings),
      weightDecay: try settings.number(.weightDecay, default: 0, in: 0...1000),
      course: try settings.choice(.schedule, default: .linear),
      warmUpSteps: try settings.whole(.warmUp, default: 0, in: 0...1_000_000_000),
      clip: clip == 0 ? nil : clip,
      evaluationInterval: try settings.whole(.evaluateEvery, default: 50, in: 0...1_000_000_000),
      patience: try settings.whole(.patience, in: 1...1_000_000),
      checkpointInterval: try settings.whole(
        .checkpointEvery, default: 100, in: 0...1_000_000_000),
      checkpointMinutes: try settings.number(
        .checkpointMinutes, default: 10, in: 0.01...1_000_000),
      seed: seed)
  }

  /// Rates such as `q_proj=1e-4,down_proj=5e-5`.
  private static func moduleRates(
    _ settings: inout TuneSettings
  ) throws -> [WeightModule: Double] {
    guard let text = settings.text(.moduleRates) else { return [:] }
    var rates: [WeightModule: Double] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, let module = WeightModule(rawValue: String(sides[0])),
        let rate = Double(sides[1]), rate >= 0, rate.isFinite, rates[module] == nil
      else {
        throw settings.fault(
          .moduleRates, text, "modules once each with a rate, such as q_proj=1e-4,down_proj=5e-5")
      }
      rates[module] = rate
    }
    return rates
  }
}

/// What is trained of a model.
enum TuneMethod: String, CaseIterable {
  /// Low-rank adapters on chosen modules.
  case lora
  /// All weights.
  case full
}
