/// How activations are patched between the two prompts of a pair.
public struct PatchOptions: Codable, Sendable, Equatable {
  /// The most pairs.
  public var pairs: Int
  /// Pairs whose R falls by less than this from the refused prompt to the answered one are left out: they have
  /// nothing to carry over.
  public var leastContrast: Double
  /// Bootstrap draws of pairs behind every interval.
  public var draws: Int
  /// Draws in which pairs are turned round at random, for the band that covers all places.
  public var swaps: Int

  /// The settings that reports are compared at.
  public init(pairs: Int = 64, leastContrast: Double = 2, draws: Int = 1000, swaps: Int = 1000) {
    precondition(
      pairs > 0 && leastContrast > 0 && draws > 0 && swaps > 0,
      "\(pairs) pairs, a contrast of \(leastContrast), \(draws) draws, \(swaps) swaps")
    self.pairs = pairs
    self.leastContrast = leastContrast
    self.draws = draws
    self.swaps = swaps
  }
}
