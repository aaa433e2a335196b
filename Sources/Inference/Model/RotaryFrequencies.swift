import Foundation
import ModelFiles

/// Rotary radians per position for each pair of channels, `[d_head / 2]`, with the model's scaling.
///
/// Computed in float step by step, as the models' own code does, so that long prompts agree.
func rotaryFrequencies(_ rotary: RotaryConfiguration, dHead: Int) -> [Float] {
  let plain = (0..<dHead / 2).map { index in
    1 / Float(pow(rotary.base, Double(2 * index) / Double(dHead)))
  }
  switch rotary.scaling {
  case .none:
    return plain
  case .linear(let factor):
    return plain.map { $0 / Float(factor) }
  case .frequencyFactors(let factors):
    return zip(plain, factors).map { $0 / $1 }
  case .llama3(let factor, let lowFrequencyFactor, let highFrequencyFactor, let originalContext):
    return plain.map { frequency in
      let wavelength = 2 * Double.pi / Double(frequency)
      let turns = Double(originalContext) / wavelength
      if turns < lowFrequencyFactor { return frequency / Float(factor) }
      if turns > highFrequencyFactor { return frequency }
      let kept = Float((turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor))
      return (1 - kept) * frequency / Float(factor) + kept * frequency
    }
  }
}
