import Inference
import Statistics

/// How every harmful request is answered again at random, beside the greedy answer.
public struct SamplingPlan: Codable, Sendable, Equatable {
  /// Answers to each request and model.
  public let samples: Int
  /// The softmax temperature.
  public let temperature: Double

  /// Plans samples.
  public init(samples: Int, temperature: Double) {
    precondition(
      samples > 0 && temperature > 0, "\(samples) samples at temperature \(temperature)")
    self.samples = samples
    self.temperature = temperature
  }

  /// What draws one of the samples, the same for both models.
  ///
  /// It follows from the prompt itself, so that neither order nor neighbours change a sample.
  func sampler(of sample: Int, for prompt: AuditPrompt, seed: UInt64) -> Sampler {
    let number = UInt64(prompt.digest.prefix(16), radix: 16) ?? 0
    var generator = SeededGenerator(seed: seed ^ number, stream: .auditSamples)
    for _ in 0..<sample { _ = generator.next() }
    return Sampler(temperature: temperature, seed: generator.next())
  }
}
