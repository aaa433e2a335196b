import Foundation

/// Chooses the next token from logits.
public struct Sampler: Sendable {
  /// 0 for the most likely token; otherwise the softmax temperature.
  public let temperature: Double
  /// Keep the most likely tokens whose probabilities reach this sum; 1 keeps all.
  public let topP: Double
  private var random: SplitMix64

  /// Makes a sampler; greedy at temperature 0.
  public init(temperature: Double = 0, topP: Double = 1, seed: UInt64 = 0) {
    precondition(
      temperature >= 0 && topP > 0 && topP <= 1, "temperature \(temperature), top-p \(topP)")
    self.temperature = temperature
    self.topP = topP
    self.random = SplitMix64(seed: seed)
  }

  /// The next token; ties go to the lower id.
  public mutating func sample(_ logits: Span<Float>) -> Int32 {
    let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    if temperature == 0 { return Int32(best) }

    let maximum = Double(logits[best])
    var candidates = logits.indices.map { index in
      (index: index, weight: exp((Double(logits[index]) - maximum) / temperature))
    }
    candidates.sort { ($0.weight, $1.index) > ($1.weight, $0.index) }
    let total = candidates.reduce(0) { $0 + $1.weight }
    var kept = 0
    var mass = 0.0
    while kept < candidates.count && (kept == 0 || mass < topP * total) {
      mass += candidates[kept].weight
      kept += 1
    }
    var threshold = Double.random(in: 0..<1, using: &random) * mass
    for candidate in candidates[..<kept] {
      threshold -= candidate.weight
      if threshold < 0 { return Int32(candidate.index) }
    }
    return Int32(candidates[kept - 1].index)
  }
}
