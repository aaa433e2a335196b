/// Turns out-of-fold predictions into figures with intervals, all on the same draws.
struct RegressionJudge: Sendable {
  let values: [Double]
  let folds: Folds
  let bootstrap: ClusterBootstrap

  /// Figures of one predictor, from predictions for every row by one fitted without its fold; the gain
  /// is left out without a reference.
  func figures(
    predictions: [Double], penalties: [Double], against reference: DrawnFigure?
  ) -> (figures: RegressionFigures, rSquared: DrawnFigure) {
    let rSquared = bootstrap.drawn { shareExplained(predictions, times: $0) }
    let ranks = RankCorrelation(values, predictions, folds: folds.indices)
    let figures = RegressionFigures(
      rSquared: rSquared.estimate, gain: reference.flatMap { rSquared.gain(over: $0) },
      spearman: bootstrap.drawn(ranks.value(times:)).estimate,
      meanAbsoluteError: bootstrap.drawn { meanDistance(predictions, times: $0) }.estimate,
      penalties: penalties)
    return (figures, rSquared)
  }

  /// Figures of always predicting the mean of the training part.
  func constantFigures() -> (figures: RegressionFigures, rSquared: DrawnFigure) {
    let means = (0..<folds.count).map { fold in
      let rows = folds.rows(outside: fold)
      return rows.reduce(0.0) { $0 + values[$1] } / Double(max(rows.count, 1))
    }
    return figures(
      predictions: folds.indices.map { means[$0] }, penalties: [], against: nil)
  }

  private func shareExplained(_ predictions: [Double], times: (Int) -> Int) -> Double? {
    var (total, sum) = (0.0, 0.0)
    for row in values.indices {
      let count = Double(times(row))
      total += count
      sum += count * values[row]
    }
    let mean = sum / total
    var (errors, spread) = (0.0, 0.0)
    for row in values.indices {
      let count = Double(times(row))
      errors += count * (values[row] - predictions[row]) * (values[row] - predictions[row])
      spread += count * (values[row] - mean) * (values[row] - mean)
    }
    return spread > 0 ? 1 - errors / spread : nil
  }

  private func meanDistance(_ predictions: [Double], times: (Int) -> Int) -> Double? {
    var (total, sum) = (0, 0.0)
    for row in values.indices {
      total += times(row)
      sum += Double(times(row)) * abs(values[row] - predictions[row])
    }
    return total == 0 ? nil : sum / Double(total)
  }
}
