package import Kernels

/// A kind of probe.
public enum ProbeKind: String, Codable, Sendable, CaseIterable {
  /// L2-regularised logistic regression, its penalty chosen inside.
  case logistic
  /// Difference of the class means.
  case massMean = "mass_mean"
  /// Difference of the class means, whitened by the shrunken covariance within classes.
  case lda
}

/// What nested cross-validation gives for one kind of probe on one set of features.
package struct CrossFit: Sendable {
  /// The score of every row by the probe that was fitted and tuned without the row's fold.
  package let outOfFold: [Double]
  /// For every outer fold, the area under the ROC curve over its inner folds, at the choice made
  /// there; nil when no inner fold has both classes.
  package let inner: [Double?]
  /// Penalties chosen for the outer folds; empty for kinds without one.
  package let penalties: [Double]
  /// The penalty that the inner folds of all rows together chose; nil for kinds without one.
  package let finalPenalty: Double?
  /// Fitted on all rows; never scored on them.
  package let final: LinearProbe
}

/// Labels, folds and penalties, which every set of features shares.
package struct CrossFitPlan: Sendable {
  package let labels: [Int]
  package let folds: Folds
  /// From the strongest to the weakest, as scikit-learn's `C`.
  let penalties: [Double]

  /// A penalty path ends when the inner loss was lowest this many penalties ago.
  static let patience = 2
  /// It also ends when the inner loss is below this many nats per row, a thousandth of what guessing
  /// costs: nothing is left to gain.
  static let negligibleLoss = 7e-4

  /// Joins what every set of features shares.
  package init(labels: [Int], folds: Folds, penalties: [Double]) {
    self.labels = labels
    self.folds = folds
    self.penalties = penalties
  }

  /// Cross-fits a kind of probe without a penalty.
  ///
  /// - Parameters:
  ///   - features: `[row, width]`, raw.
  ///   - fit: fits on all rows outside some folds.
  /// - Returns: scores of every row without its fold, and what inner folds say.
  package func closedForm(
    _ features: borrowing DoubleMatrix, _ fit: (_ held: [Int]) -> LinearProbe
  ) -> CrossFit {
    var outOfFold = [Double](repeating: 0, count: labels.count)
    var inner = [InnerScores](repeating: InnerScores(), count: folds.count)
    for one in 0..<folds.count {
      let scores = fit([one]).scores(features)
      for row in folds.rows(in: one) { outOfFold[row] = scores[row] }
      for other in (one + 1)..<max(folds.count, one + 1) {
        let scores = fit([one, other]).scores(features)
        inner[one].add(scores, rows: folds.rows(in: other))
        inner[other].add(scores, rows: folds.rows(in: one))
      }
    }
    return CrossFit(
      outOfFold: outOfFold, inner: inner.map { $0.areaUnderROC(self) }, penalties: [],
      finalPenalty: nil, final: fit([]))
  }

  /// Cross-fits logistic regression, choosing the penalty of every outer fold by the log loss on
  /// its inner folds.
  ///
  /// Log loss rather than the area under the curve, because it has no ties and punishes
  /// overconfident scores; of equal losses the stronger penalty wins.
  ///
  /// The name says in messages what the features are.
  package func logistic(
    _ features: borrowing DoubleMatrix, isScaled: Bool, name: String
  ) throws(ProbeError) -> CrossFit {
    do { return try logistic(features, isScaled: isScaled) } catch {
      throw ProbeError(error, cell: name)
    }
  }

  /// Scores of all rows outside an outer fold, each by a probe that was fitted without the row's fold and
  /// without the outer one; zero elsewhere.
  package func innerScores<Failure: Error>(
    _ features: borrowing DoubleMatrix, outer: Int,
    _ fit: (_ held: [Int]) throws(Failure) -> LinearProbe
  ) throws(Failure) -> [Double] {
    var result = [Double](repeating: 0, count: labels.count)
    for other in 0..<folds.count where other != outer {
      let scores = try fit([outer, other]).scores(features)
      for row in folds.rows(in: other) { result[row] = scores[row] }
    }
    return result
  }

  /// A logistic probe of one penalty, fitted on some rows of features that are scaled.
  package func logisticProbe(
    _ features: borrowing DoubleMatrix, rows: [Int], penalty: Double, name: String
  ) throws(ProbeError) -> LinearProbe {
    let path = LogisticPath(features, rows: rows, labels: labels, isScaled: true)
    do { return try path.fit(penalty: penalty)[0].probe } catch {
      throw ProbeError(error, cell: name)
    }
  }

  private func logistic(
    _ features: borrowing DoubleMatrix, isScaled: Bool
  ) throws(LogisticNotConverged) -> CrossFit {
    let pairs = folds.pairs
    let every = Array(0..<folds.count)
    let held = pairs.map { [$0.one, $0.other] } + every.map { [$0] } + [[]]
    let path = LogisticPath(
      features, labels: labels, folds: folds,
      trained: held.map { held in every.filter { !held.contains($0) } }, isScaled: isScaled)
    // Summed over the inner folds of each outer fold, and in the last place over all of them.
    var losses = [[Double]](repeating: [], count: folds.count + 1)
    var inner: [[InnerScores]] = []
    var outer: [[LogisticFit]] = []
    for penalty in penalties {
      let fits = try path.fit(penalty: penalty)
      outer.append(Array(fits.dropFirst(pairs.count)))
      var scoresHere = [InnerScores](repeating: InnerScores(), count: folds.count)
      var lossesHere = [Double](repeating: 0, count: folds.count + 1)
      for (pair, fit) in zip(pairs, fits) {
        for (outer, held) in [(pair.one, pair.other), (pair.other, pair.one)] {
          let rows = folds.rows(in: held)
          scoresHere[outer].add(fit.scores, rows: rows)
          let loss = rows.reduce(0.0) {
            $0 + logLoss(score: fit.scores[$1], label: Double(labels[$1]))
          }
          lossesHere[outer] += loss
          lossesHere[folds.count] += loss
        }
      }
      inner.append(scoresHere)
      for index in losses.indices { losses[index].append(lossesHere[index]) }
      if losses.indices.allSatisfy({ isSettled(losses[$0], outer: $0) }) { break }
    }
    let choices = losses.map(Self.lowest)
    var outOfFold = [Double](repeating: 0, count: labels.count)
    for fold in every {
      let scores = outer[choices[fold]][fold].scores
      for row in folds.rows(in: fold) { outOfFold[row] = scores[row] }
    }
    return CrossFit(
      outOfFold: outOfFold, inner: every.map { inner[choices[$0]][$0].areaUnderROC(self) },
      penalties: every.map { penalties[choices[$0]] },
      finalPenalty: penalties[choices[folds.count]],
      final: outer[choices[folds.count]][folds.count].probe)
  }

  /// Whether weaker penalties need not be tried for an outer fold, or for all when it is the count.
  private func isSettled(_ losses: [Double], outer: Int) -> Bool {
    let counted =
      outer < folds.count
      ? folds.indices.count { $0 != outer } : folds.indices.count * (folds.count - 1)
    let last = losses.count - 1
    return losses[last] < Self.negligibleLoss * Double(counted)
      || last - Self.lowest(losses) >= Self.patience
  }

  private static func lowest(_ losses: [Double]) -> Int {
    var best = 0
    for index in losses.indices where losses[index] < losses[best] { best = index }
    return best
  }
}

/// Scores of the inner folds of one outer fold, each by a probe fitted without either.
private struct InnerScores {
  private var rows: [Int] = []
  private var scores: [Double] = []

  mutating func add(_ all: [Double], rows: [Int]) {
    self.rows += rows
    scores += rows.map { all[$0] }
  }

  func areaUnderROC(_ plan: CrossFitPlan) -> Double? {
    RankedScores(
      scores: scores, labels: rows.map { plan.labels[$0] },
      folds: rows.map { plan.folds.indices[$0] }
    ).areaUnderROC
  }
}

extension ProbeError {
  /// Names the features that a fit was given up on.
  init(_ error: LogisticNotConverged, cell: String) {
    self = .notConverged(
      cell: cell, penalty: error.penalty, iterations: error.iterations, decrement: error.decrement)
  }
}
