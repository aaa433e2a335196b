package import Kernels

/// Fits the mass-mean probe on some rows of raw features `[row, width]`, in which both classes occur.
///
/// Its direction leads from the mean of class 0 to the mean of class 1; its threshold is half-way
/// between them.
package func massMeanProbe(
  _ features: borrowing DoubleMatrix, rows: [Int], labels: [Int]
) -> LinearProbe {
  let means = (0...1).map { label in
    let members = rows.filter { labels[$0] == label }
    precondition(!members.isEmpty, "no row of class \(label) to average")
    var shares = [Double](repeating: 0, count: features.rows)
    for row in members { shares[row] = 1 / Double(members.count) }
    return features.transposedTimes(shares)
  }
  var weights = means[1]
  var bias = 0.0
  for index in weights.indices {
    let (low, high) = (means[0][index], means[1][index])
    weights[index] = high - low
    bias -= (high - low) * (high + low) / 2
  }
  return LinearProbe(weights: weights, bias: bias)
}
