import ModelFiles

extension RotaryConfiguration {
  /// The settings of Llama 3 that give the same frequencies as a list of factors; nil for anything else.
  ///
  /// llama.cpp's converter writes the factors and drops the settings they come from. Those of all Llama 3
  /// models differ in their largest factor alone.
  func named(dHead: Int) -> RotaryConfiguration? {
    guard case .frequencyFactors(let factors) = scaling, let largest = factors.max() else {
      return nil
    }
    let candidate = RotaryConfiguration(
      base: base,
      scaling: .llama3(
        factor: Double(largest), lowFrequencyFactor: 1, highFrequencyFactor: 4,
        originalContextLength: 8_192))
    let found = rotaryFrequencies(candidate, dHead: dHead)
    let wanted = rotaryFrequencies(self, dHead: dHead)
    let agrees =
      found.count == wanted.count
      && zip(found, wanted).allSatisfy { abs($0 - $1) <= Self.rounding * abs($1) }
    return agrees ? candidate : nil
  }

  /// What rounding the factors to float32 may cost.
  private static let rounding: Float = 1e-6
}
