/// Kendall's rank correlation in the form that allows for ties, tau-b.
///
/// - Returns: the pairs that both sides order alike less those they order differently, by the geometric mean of the
///   pairs that either side orders; nil where a side has one value throughout.
package func kendallTau(_ one: [Double], _ other: [Double]) -> Double? {
  precondition(one.count == other.count, "\(one.count) and \(other.count) values")
  var balance = 0
  var ordered = (0, 0)
  for second in one.indices {
    for first in 0..<second {
      let (sign, otherSign) = (order(one[first], one[second]), order(other[first], other[second]))
      balance += sign * otherSign
      ordered.0 += sign * sign
      ordered.1 += otherSign * otherSign
    }
  }
  if ordered.0 == 0 || ordered.1 == 0 { return nil }
  return Double(balance) / (Double(ordered.0).squareRoot() * Double(ordered.1).squareRoot())
}

private func order(_ one: Double, _ other: Double) -> Int {
  one < other ? -1 : one > other ? 1 : 0
}
