import Kernels

/// Mean and spread of every component over the training rows, and nothing but the training rows.
struct Standardization {
  /// Mean of each component.
  let means: [Double]
  /// What each component is divided by: its standard deviation, or 1 where it does not vary.
  let scales: [Double]

  /// Measures rows of a feature matrix.
  ///
  /// Unless it is scaled, every scale stays 1: for features that share a unit already.
  init(_ features: borrowing DoubleMatrix, rows: [Int], isScaled: Bool) {
    let count = Double(rows.count)
    var means = [Double](repeating: 0, count: features.columns)
    for row in rows {
      let values = features.row(row)
      for index in means.indices { means[index] += values[index] }
    }
    for index in means.indices { means[index] /= count }
    self.means = means
    guard isScaled else {
      scales = [Double](repeating: 1, count: features.columns)
      return
    }
    var variances = [Double](repeating: 0, count: features.columns)
    for row in rows {
      let values = features.row(row)
      for index in variances.indices {
        let difference = values[index] - means[index]
        variances[index] += difference * difference
      }
    }
    scales = variances.indices.map { index in
      let variance = variances[index] / count
      // What rounding alone leaves of a constant column; dividing by it would make noise a feature.
      let noise = count * Double.ulpOfOne * means[index]
      let floor = count * Double.ulpOfOne * variance + noise * noise
      return variance <= floor ? 1 : variance.squareRoot()
    }
  }

  /// The standardised rows, one after the other, with room for further columns at the end.
  func applied(
    to features: borrowing DoubleMatrix, rows: [Int], extraColumns: Int = 0
  ) -> DoubleMatrix {
    var result = DoubleMatrix(rows: rows.count, columns: features.columns + extraColumns)
    for (place, row) in rows.enumerated() {
      let values = features.row(row)
      var target = result.mutableRow(place)
      for index in means.indices {
        target[index] = (values[index] - means[index]) / scales[index]
      }
    }
    return result
  }

  /// The probe on raw vectors that scores as these weights do on standardised ones.
  func folded(weights: [Double], intercept: Double) -> LinearProbe {
    var raw = weights
    var bias = intercept
    for index in raw.indices {
      raw[index] /= scales[index]
      bias -= raw[index] * means[index]
    }
    return LinearProbe(weights: raw, bias: bias)
  }
}
