import Foundation

/// A small seeded random generator; the same seed gives the same numbers everywhere.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a stream.
  public init(seed: UInt64) {
    state = seed
  }

  /// Starts a stream behind its first numbers, as fast wherever that is.
  package init(seed: UInt64, skipping count: UInt64) {
    state = seed &+ count &* Self.increment
  }

  /// What the state moves on by with each number.
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  public mutating func next() -> UInt64 {
    state &+= Self.increment
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Two independent numbers of the standard normal distribution.
  ///
  /// Box and Muller, "A note on the generation of random normal deviates", 1958.
  package mutating func nextNormals() -> (Double, Double) {
    // In (0, 1], so that the logarithm is finite.
    let radius = (-2 * log((Double(next() >> 11) + 1) * 0x1p-53)).squareRoot()
    let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
    return (radius * cos(angle), radius * sin(angle))
  }
}
