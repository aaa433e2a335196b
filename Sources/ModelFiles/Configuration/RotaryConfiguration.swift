/// How rotary position embedding turns queries and keys.
public struct RotaryConfiguration: Sendable, Equatable {
  /// The base of the geometric series of wavelengths (`rope_theta`).
  public let base: Double
  /// How the series was stretched for longer contexts.
  public let scaling: RopeScaling

  /// Pairs a base with a scaling.
  public init(base: Double, scaling: RopeScaling = .none) {
    self.base = base
    self.scaling = scaling
  }
}

/// How the frequencies of rotary embedding were changed for longer contexts.
///
/// Pair `i` of a head turns by `position × f` radians per position, where the unscaled frequency is
/// `f = base^(-2i / d_head)`.
public enum RopeScaling: Sendable, Equatable {
  /// Unchanged.
  case none
  /// Every frequency is divided by the factor.
  case linear(factor: Double)
  /// Long wavelengths are divided by the factor, short ones kept, with a ramp in between (Llama 3.1).
  case llama3(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
    originalContextLength: Int)
  /// The frequency of pair `i` is divided by element `i`, as a GGUF file's `rope_freqs.weight` says.
  case frequencyFactors([Float])
}
