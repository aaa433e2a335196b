package import Kernels

/// Ridge regression of many targets at once, cross-fitted over folds that share their work.
///
/// Every training part (all rows, all but one fold, all but two) is centred, and scaled if asked, by
/// its own rows alone; it takes one Cholesky factor per penalty, and all targets are solved together.
package struct RidgeCrossFit: ~Copyable {
  private let rows: FoldedRows
  private let form: any RidgeForm

  /// Prepares features for any number of targets.
  ///
  /// - Parameters:
  ///   - features: `[row, width]`, raw.
  ///   - folds: the fold of every row, from 0.
  ///   - foldCount: how many folds there are; at least two hold rows.
  ///   - isScaled: whether components are divided by the training part's standard deviation.
  package init(
    features: borrowing DoubleMatrix, folds: [Int], foldCount: Int, isScaled: Bool = true
  ) {
    rows = FoldedRows(features, folds: folds, foldCount: foldCount, isScaled: isScaled)
    // By rows, a factor costs n³ / 3 instead of d³ / 3, and a scaled part n² d for its inner products.
    let isWide =
      isScaled ? 3 * features.rows < 2 * features.columns : features.rows < features.columns
    form = isWide ? RowRidge(rows) : ComponentRidge(rows)
  }

  /// Scores of every fold by the fits without it; the targets are `[row, target]`.
  package func outOfFold(
    targets: borrowing DoubleMatrix, penalties: [RidgePenalty]
  ) -> RidgeScores {
    let folded = prepared(targets)
    var result = RidgeScores(
      rows: rows.order.count, targets: targets.columns, penalties: penalties.count)
    for fold in rows.ranges.indices where !rows.ranges[fold].isEmpty {
      fit(rows.ranges.indices.filter { $0 != fold }, folded, penalties) { penalty, fit in
        let scores = scores(fit, fold: fold)
        for (place, row) in rows.ranges[fold].enumerated() {
          result.set(scores.row(place), row: rows.order[row], penalty: penalty)
        }
      }
    }
    return result
  }

  /// Scores that choices are made by: for every outer fold, of all other rows, each by the fit without
  /// the outer fold and without its own.
  ///
  /// Row r seen from outer fold o is row `o × rows + r` of the result; where r is in o it stays 0.
  package func inner(
    targets: borrowing DoubleMatrix, penalties: [RidgePenalty]
  ) -> RidgeScores {
    let folded = prepared(targets)
    let (rowCount, foldCount) = (rows.order.count, rows.ranges.count)
    var result = RidgeScores(
      rows: foldCount * rowCount, targets: targets.columns, penalties: penalties.count)
    for one in 0..<foldCount {
      for other in (one + 1)..<max(foldCount, one + 1) {
        let part = rows.ranges.indices.filter { $0 != one && $0 != other }
        guard part.contains(where: { !rows.ranges[$0].isEmpty }) else { continue }
        fit(part, folded, penalties) { penalty, fit in
          for (outer, held) in [(one, other), (other, one)] {
            let scores = scores(fit, fold: held)
            for (place, row) in rows.ranges[held].enumerated() {
              result.set(
                scores.row(place), row: outer * rowCount + rows.order[row], penalty: penalty)
            }
          }
        }
      }
    }
    return result
  }

  /// The fit of every target on all rows, for raw vectors.
  package func final(
    targets: borrowing DoubleMatrix, penalty: RidgePenalty
  ) -> [LinearProbe] {
    let folded = prepared(targets)
    var result: [LinearProbe] = []
    fit(Array(rows.ranges.indices), folded, [penalty]) { _, fit in
      let weights = form.weights(fit.coefficients, rows)
      for target in 0..<weights.rows {
        let values = weights.row(target)
        result.append(
          rows.overall.folded(
            weights: values.indices.map { values[$0] }, intercept: fit.intercepts[target]))
      }
    }
    return result
  }

  private func prepared(_ targets: borrowing DoubleMatrix) -> FoldedTargets {
    let folded = FoldedTargets(targets, rows)
    form.prepare(folded, rows)
    return folded
  }

  /// One fit of all targets: what is added to the scores of its form.
  private struct Fit: ~Copyable {
    let coefficients: DoubleMatrix
    let intercepts: [Double]
  }

  private func fit(
    _ folds: [Int], _ targets: borrowing FoldedTargets, _ penalties: [RidgePenalty],
    body: (_ penalty: Int, borrowing Fit) -> Void
  ) {
    let part = rows.part(folds)
    form.prepare(part, targets, rows)
    let means = targets.means(part)
    for (index, penalty) in penalties.enumerated() {
      let coefficients = form.coefficients(
        alpha: penalty.alpha(meanEigenvalue: part.meanEigenvalue))
      // At the mean of the training rows the score is the mean of the targets.
      var intercepts = coefficients.times(form.unknownMeans)
      for target in means.indices {
        intercepts[target] = targets.centers[target] + means[target] - intercepts[target]
      }
      body(index, Fit(coefficients: coefficients, intercepts: intercepts))
    }
  }

  private func scores(_ fit: borrowing Fit, fold: Int) -> DoubleMatrix {
    var scores = form.scores(fit.coefficients, rows: rows.ranges[fold], rows)
    for index in 0..<scores.rows {
      var row = scores.mutableRow(index)
      for target in row.indices { row[target] += fit.intercepts[target] }
    }
    return scores
  }
}
