import Foundation
package import Kernels

/// Fits multinomial naive Bayes with add-one smoothing on counts `[row, width]`.
///
/// Linear in the counts: the score is the log-odds of class 1, as scikit-learn's `MultinomialNB` has it.
/// Both classes occur among the rows.
package func naiveBayesProbe(
  _ features: borrowing DoubleMatrix, rows: [Int], labels: [Int]
) -> LinearProbe {
  var shares = [[Double](repeating: 0, count: features.rows), []]
  shares[1] = shares[0]
  var sizes = [0.0, 0.0]
  for row in rows {
    shares[labels[row]][row] = 1
    sizes[labels[row]] += 1
  }
  let logChances = shares.map { share in
    let counts = features.transposedTimes(share).map { $0 + 1 }
    let total = log(counts.reduce(0, +))
    return counts.map { log($0) - total }
  }
  return LinearProbe(
    weights: zip(logChances[1], logChances[0]).map { $0 - $1 }, bias: log(sizes[1] / sizes[0]))
}
