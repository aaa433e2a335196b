/// A figure with its 95 % interval.
public struct Estimate: Codable, Sendable, Equatable {
  /// The figure on the data as they are.
  public let value: Double
  /// The 2.5th percentile over bootstrap draws.
  public let low: Double
  /// The 97.5th percentile over bootstrap draws.
  public let high: Double
  /// Draws in which the figure was defined.
  public let draws: Int

  /// Takes a figure and its interval that were computed elsewhere.
  package init(value: Double, low: Double, high: Double, draws: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.draws = draws
  }

  /// Whether 0 lies outside of the interval.
  public var excludesZero: Bool { low > 0 || high < 0 }

  /// The same with the sign turned.
  public var negated: Estimate { Estimate(value: -value, low: -high, high: -low, draws: draws) }
}
