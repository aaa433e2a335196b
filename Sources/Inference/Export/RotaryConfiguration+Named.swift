import ModelFiles

extension RotaryConfiguration {
  /// The settings of Llama 3 that give the same frequencies as a list of factors; nil for anything else.
  ///
  /// llama.cpp's converter writes the factors and drops the settings they come from. Those of Llama 3 models
  /// differ in the largest factor alone; other context lengths are tried as well.
  func named(dHead: Int) -> RotaryConfiguration? {
    guard case .frequencyFactors(let factors) = scaling, let largest = factors.max() else {
      return nil
    }
    let wanted = rotaryFrequencies(self, dHead: dHead)
    for length in [8_192] + (5...20).map({ 1 << $0 }) {
      let candidate = RotaryConfiguration(
        base: base,
        scaling: .llama3(
          factor: Double(largest), lowFrequencyFactor: 1, highFrequencyFactor: 4,
          originalContextLength: length))
      let found = rotaryFrequencies(candidate, dHead: dHead)
      guard found.count == wanted.count else { return nil }
      if zip(found, wanted).allSatisfy({ abs($0 - $1) <= Self.rounding * abs($1) }) {
        return candidate
      }
    }
    return nil
  }

  /// What rounding the factors to float32 may cost.
  private static let rounding: Float = 1e-6
}
