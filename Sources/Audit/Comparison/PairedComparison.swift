public import Statistics

/// How often it was so, with its interval.
public struct ShareEstimate: Codable, Sendable, Equatable {
  /// How often.
  public let count: Int
  /// Of how many.
  public let total: Int
  /// The lower end of the 95 % Wilson interval.
  public let low: Double
  /// Its upper end.
  public let high: Double
  /// The exact one-sided 95 % bound, where it was always so or never; nil otherwise.
  public let exactBound: Double?

  /// Counts.
  package init(_ count: Int, of total: Int) {
    self.count = count
    self.total = total
    let interval = wilsonInterval(successes: count, of: total)
    (low, high) = (interval.lowerBound, interval.upperBound)
    let exact = exactInterval(successes: count, of: total, tail: 0.05)
    exactBound =
      total == 0 ? nil : count == 0 ? exact.upperBound : count == total ? exact.lowerBound : nil
  }

  /// The share; 0 of nothing.
  public var value: Double { total == 0 ? 0 : Double(count) / Double(total) }
}

/// The same prompts judged before and after.
public struct PairedComparison: Codable, Sendable, Equatable {
  /// How the verdicts go together.
  public let counts: PairedCounts
  /// The share before.
  public let before: ShareEstimate
  /// The share after.
  public let after: ShareEstimate
  /// How many groups the prompts are in.
  public let groups: Int
  /// The share after less the share before, with the interval to quote.
  public let difference: PairedInterval
  /// The same with Newcombe's interval, which takes prompts as independent.
  public let newcombe: PairedInterval
  /// The same with an interval from redrawing whole groups; nil where every prompt is one of its own.
  public let bootstrap: PairedInterval?
  /// The exact p-value of McNemar's test.
  public let pValue: Double

  /// With fewer groups than this percentile intervals are too narrow to be trusted alone.
  public static let leastGroups = 10

  /// Compares verdicts.
  ///
  /// - Parameters:
  ///   - before: one for each prompt.
  ///   - after: in the same order.
  ///   - bootstrap: draws of the prompts' groups; nil takes every prompt as one of its own.
  package init(before: [Bool], after: [Bool], bootstrap: ClusterBootstrap?) {
    counts = PairedCounts(before: before, after: after)
    self.before = ShareEstimate(counts.before, of: counts.count)
    self.after = ShareEstimate(counts.after, of: counts.count)
    newcombe = counts.newcombe
    pValue = counts.pValue
    let clusters = bootstrap?.clusters
    groups = clusters?.count ?? before.count
    guard let bootstrap, let clusters, clusters.count < before.count else {
      self.bootstrap = nil
      difference = newcombe
      return
    }
    let changes = zip(before, after).map { ($1 ? 1.0 : 0) - ($0 ? 1.0 : 0) }
    let drawn = bootstrap.ratio(changes, over: changes.map { _ in 1 })
    let isUnchanged = counts.onlyBefore + counts.onlyAfter == 0
    let interval = PairedInterval(
      value: counts.difference, low: drawn?.low ?? -1, high: drawn?.high ?? 1,
      unchangedUnits: isUnchanged ? clusters.count : nil)
    self.bootstrap = interval
    // Where every prompt changes alike, so does every draw, which is no certainty.
    let isWithoutSpread = !isUnchanged && interval.low == interval.high
    difference =
      clusters.count < Self.leastGroups || isWithoutSpread
      ? interval.joined(with: newcombe) : interval
  }
}

extension PairedInterval {
  /// The interval that holds both.
  func joined(with other: PairedInterval) -> PairedInterval {
    PairedInterval(
      value: value, low: min(low, other.low), high: max(high, other.high), unchangedUnits: nil)
  }
}
