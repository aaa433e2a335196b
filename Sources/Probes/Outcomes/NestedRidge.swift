package import Kernels

/// What nested cross-validation gives for ridge regression on one set of features.
package struct NestedRidge: Sendable {
  /// The prediction for every row by the probe that was fitted and tuned without the row's fold.
  package let outOfFold: [Double]
  /// For every outer fold, R² over its inner folds at the penalty chosen there; nil where the numbers
  /// of the other folds are all the same.
  package let inner: [Double?]
  /// Penalties chosen for the outer folds.
  package let penalties: [Double]
  /// The penalty that the inner folds of all rows together chose.
  package let finalPenalty: Double
  /// Fitted on all rows; never scored on them.
  package let final: LinearProbe

  /// Chooses penalties by the squared error over the inner folds; of equal ones the stronger wins.
  package init(
    _ features: borrowing DoubleMatrix, values: [Double], folds: Folds, shares: [Double],
    isScaled: Bool
  ) {
    let ridge = RidgeCrossFit(
      features: features, folds: folds.indices, foldCount: folds.count, isScaled: isScaled)
    let targets = DoubleMatrix(rows: values.count, columns: 1, values: values)
    let penalties = shares.map { RidgePenalty.share($0) }
    let scores = ridge.outOfFold(targets: targets, penalties: penalties)
    let innerScores = ridge.inner(targets: targets, penalties: penalties)
    var totals = [Double](repeating: 0, count: shares.count)
    var outOfFold = values
    var chosen: [Double] = []
    var inner: [Double?] = []
    for fold in 0..<folds.count {
      let others = folds.rows(outside: fold)
      let errors = shares.indices.map { penalty in
        others.reduce(0.0) { sum, row in
          let found = innerScores[row: fold * values.count + row, penalty: penalty, target: 0]
          return sum + (found - values[row]) * (found - values[row])
        }
      }
      for index in errors.indices { totals[index] += errors[index] }
      let best = Self.lowest(errors)
      for row in folds.rows(in: fold) {
        outOfFold[row] = scores[row: row, penalty: best, target: 0]
      }
      chosen.append(shares[best])
      let mean = others.reduce(0.0) { $0 + values[$1] } / Double(max(others.count, 1))
      let spread = others.reduce(0.0) { $0 + (values[$1] - mean) * (values[$1] - mean) }
      inner.append(spread > 0 ? 1 - errors[best] / spread : nil)
    }
    self.outOfFold = outOfFold
    self.inner = inner
    self.penalties = chosen
    finalPenalty = shares[Self.lowest(totals)]
    final = ridge.final(targets: targets, penalty: .share(finalPenalty))[0]
  }

  private static func lowest(_ errors: [Double]) -> Int {
    errors.indices.dropFirst().reduce(0) { errors[$1] < errors[$0] ? $1 : $0 }
  }
}
