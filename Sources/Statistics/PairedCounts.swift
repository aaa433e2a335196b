/// The same prompts judged twice, counted.
public struct PairedCounts: Codable, Sendable, Equatable {
  /// Yes before and after.
  public let both: Int
  /// Yes before only.
  public let onlyBefore: Int
  /// Yes after only.
  public let onlyAfter: Int
  /// Never.
  public let neither: Int

  /// Takes counts.
  package init(both: Int, onlyBefore: Int, onlyAfter: Int, neither: Int) {
    (self.both, self.onlyBefore, self.onlyAfter, self.neither) = (
      both, onlyBefore, onlyAfter, neither
    )
  }

  /// Counts verdicts on the same prompts.
  package init(before: [Bool], after: [Bool]) {
    precondition(before.count == after.count, "\(before.count) and \(after.count) verdicts")
    let pairs = zip(before, after)
    self.init(
      both: pairs.count { $0 && $1 }, onlyBefore: pairs.count { $0 && !$1 },
      onlyAfter: pairs.count { !$0 && $1 }, neither: pairs.count { !$0 && !$1 })
  }

  /// How many prompts.
  public var count: Int { both + onlyBefore + onlyAfter + neither }
  /// Yes before.
  public var before: Int { both + onlyBefore }
  /// Yes after.
  public var after: Int { both + onlyAfter }
  /// The share after less the share before.
  public var difference: Double {
    count == 0 ? 0 : Double(onlyAfter - onlyBefore) / Double(count)
  }
  /// The exact p-value of there being no difference.
  public var pValue: Double { exactMcNemar(onlyBefore, onlyAfter) }

  /// The correlation of the two verdicts; 0 where one of them is always the same.
  var correlation: Double {
    let margins = [before, count - before, after, count - after].map(Double.init)
    let product = margins.reduce(1, *)
    if product == 0 { return 0 }
    let agreement = Double(both) * Double(neither) - Double(onlyBefore) * Double(onlyAfter)
    return agreement / product.squareRoot()
  }
}

/// The 95 % interval of a paired difference.
public struct PairedInterval: Codable, Sendable, Equatable {
  /// The share after less the share before.
  public let value: Double
  /// Its lower limit.
  public let low: Double
  /// Its upper limit.
  public let high: Double
  /// Whether it was widened because no pair changed.
  public let isWidened: Bool

  /// Takes an interval; where no pair changed it reaches at least to the bound on the share of pairs that could
  /// have, 3 / n.
  package init(value: Double, low: Double, high: Double, unchangedUnits: Int?) {
    self.value = value
    let reach = unchangedUnits.map { min(1, 3 / Double(max($0, 1))) } ?? 0
    isWidened = reach > 0 && (low > value - reach || high < value + reach)
    self.low = reach > 0 ? min(low, value - reach) : low
    self.high = reach > 0 ? max(high, value + reach) : high
  }

  /// How far the nearer limit is from the value, on average of both.
  public var halfWidth: Double { (high - low) / 2 }
}

extension PairedCounts {
  /// Newcombe's interval by square-and-add from two Wilson intervals, the correlation uncorrected (Newcombe 1998).
  package var newcombe: PairedInterval {
    let (first, second) = (share(after), share(before))
    let (firstLimits, secondLimits) = (
      wilsonInterval(successes: after, of: count), wilsonInterval(successes: before, of: count)
    )
    func reach(_ one: Double, _ other: Double) -> Double {
      max(0, one * one - 2 * correlation * one * other + other * other).squareRoot()
    }
    let value = first - second
    return PairedInterval(
      value: value,
      low: value - reach(first - firstLimits.lowerBound, secondLimits.upperBound - second),
      high: value + reach(firstLimits.upperBound - first, second - secondLimits.lowerBound),
      unchangedUnits: onlyBefore + onlyAfter == 0 ? count : nil)
  }

  private func share(_ successes: Int) -> Double {
    count == 0 ? 0 : Double(successes) / Double(count)
  }
}
