import Foundation

/// The binomial distribution, summed exactly.
enum ExactBinomial {
  /// The chance of at most so many successes.
  static func atMost(_ successes: Int, of count: Int, chance: Double) -> Double {
    if successes >= count { return 1 }
    if successes < 0 || chance >= 1 { return 0 }
    if chance <= 0 { return 1 }
    let (yes, no) = (log(chance), log1p(-chance))
    var coefficient = 0.0
    var sum = exp(Double(count) * no)
    for hits in stride(from: 1, through: successes, by: 1) {
      coefficient += log(Double(count - hits + 1)) - log(Double(hits))
      sum += exp(coefficient + Double(hits) * yes + Double(count - hits) * no)
    }
    return min(sum, 1)
  }

  /// The chance at which at most so many successes come about with a probability.
  static func chance(atMost successes: Int, of count: Int, probability: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    // The probability falls as the chance rises; 60 halvings go below the last bit.
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if atMost(successes, of: count, chance: middle) > probability {
        low = middle
      } else {
        high = middle
      }
    }
    return (low + high) / 2
  }
}

/// The exact interval of a share (Clopper and Pearson, 1934), which covers at least as often as it says.
///
/// - Parameters:
///   - successes: how often it was so.
///   - count: of how many.
///   - tail: what may lie beyond each end; 0.025 for two-sided 95 %, 0.05 for one-sided bounds of 95 %.
/// - Returns: both bounds.
package func exactInterval(
  successes: Int, of count: Int, tail: Double = 0.025
) -> ClosedRange<Double> {
  precondition(successes >= 0 && successes <= count, "\(successes) of \(count)")
  let low =
    successes == 0
    ? 0 : 1 - ExactBinomial.chance(atMost: count - successes, of: count, probability: tail)
  let high =
    successes == count
    ? 1 : ExactBinomial.chance(atMost: successes, of: count, probability: tail)
  return low...high
}

/// The two-sided exact p-value of McNemar's test: how often a fair coin divides the pairs that changed at least
/// as unevenly.
package func exactMcNemar(_ one: Int, _ other: Int) -> Double {
  min(1, 2 * ExactBinomial.atMost(min(one, other), of: one + other, chance: 0.5))
}
