/// The normal quantile of two-sided 95 % intervals.
package let normalQuantile = 1.959963984540054

/// The 95 % Wilson score interval of a share.
package func wilsonInterval(successes: Int, of count: Int) -> ClosedRange<Double> {
  wilsonInterval(share: Double(successes) / Double(max(count, 1)), of: count)
}

/// The same of a share that may be a mean over several counts of the same rows.
package func wilsonInterval(share: Double, of count: Int) -> ClosedRange<Double> {
  if count == 0 { return 0...1 }
  let size = Double(count)
  let square = normalQuantile * normalQuantile / size
  let middle = (share + square / 2) / (1 + square)
  let half =
    normalQuantile / (1 + square)
    * (share * (1 - share) / size + square / (4 * size)).squareRoot()
  return max(0, middle - half)...min(1, middle + half)
}
