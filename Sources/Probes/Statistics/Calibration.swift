import Foundation

/// Stated chances against what came true.
public struct Calibration: Codable, Sendable, Equatable {
  /// A tenth of the prompts, by stated chance.
  public struct Bin: Codable, Sendable, Equatable {
    /// Prompts in it.
    public let rows: Int
    /// Mean stated chance.
    public let stated: Double
    /// Share of class 1.
    public let observed: Double
    /// Lower end of the 95 % Wilson interval of that share.
    public let low: Double
    /// Its upper end.
    public let high: Double
  }
  /// Equal-mass bins, from low to high chance.
  public let bins: [Bin]
  /// Mean absolute difference of stated and observed over the bins.
  public let expectedError: Double
  /// Root mean square difference, the bias of binning taken out (Kumar et al., arXiv 1909.10155).
  public let debiasedError: Double
  /// Slope of a logistic recalibration of the held-out log-odds; 1 is perfect.
  public let slope: Double
  /// Its intercept; 0 is perfect.
  public let intercept: Double

  /// Bins of a calibration, fewer where there are not ten prompts for each.
  public static let usualBinCount = 10

  /// Measures log-odds against labels; both classes occur.
  package init(logOdds: [Double], labels: [Int]) {
    let order = logOdds.indices.sorted { (logOdds[$0], $0) < (logOdds[$1], $1) }
    let count = order.count
    let binCount = max(1, min(Self.usualBinCount, count / 10))
    var bins: [Bin] = []
    var (absolute, squared) = (0.0, 0.0)
    for bin in 0..<binCount {
      let rows = order[bin * count / binCount..<(bin + 1) * count / binCount]
      let size = Double(rows.count)
      let stated = rows.reduce(0) { $0 + logistic(logOdds[$1]) } / size
      let positives = rows.count { labels[$0] == 1 }
      let observed = Double(positives) / size
      let interval = wilsonInterval(successes: positives, of: rows.count)
      bins.append(
        Bin(
          rows: rows.count, stated: stated, observed: observed, low: interval.lowerBound,
          high: interval.upperBound))
      let share = size / Double(count)
      let difference = observed - stated
      absolute += share * abs(difference)
      squared +=
        share * (difference * difference - observed * (1 - observed) / max(size - 1, 1))
    }
    self.bins = bins
    expectedError = absolute
    debiasedError = max(squared, 0).squareRoot()
    let fit = Recalibration(scores: logOdds, labels: labels)
    slope = fit.slope
    intercept = fit.intercept
  }
}

/// The 95 % Wilson score interval of a share.
package func wilsonInterval(successes: Int, of count: Int) -> ClosedRange<Double> {
  wilsonInterval(share: Double(successes) / Double(max(count, 1)), of: count)
}

/// The same of a share that may be a mean over several counts of the same rows.
package func wilsonInterval(share: Double, of count: Int) -> ClosedRange<Double> {
  if count == 0 { return 0...1 }
  let quantile = 1.959963984540054
  let size = Double(count)
  let square = quantile * quantile / size
  let middle = (share + square / 2) / (1 + square)
  let half =
    quantile / (1 + square) * (share * (1 - share) / size + square / (4 * size)).squareRoot()
  return max(0, middle - half)...min(1, middle + half)
}
