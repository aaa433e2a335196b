import Kernels

extension CrossFitPlan {
  /// Cross-fits a kind of probe.
  ///
  /// The name says in messages what the features are.
  func crossFit(
    _ kind: ProbeKind, _ features: borrowing DoubleMatrix, name: String
  ) throws(ProbeError) -> CrossFit {
    switch kind {
    case .logistic:
      return try logistic(features, isScaled: true, name: name)
    case .massMean:
      return closedForm(features) {
        massMeanProbe(features, rows: folds.rows(outside: $0), labels: labels)
      }
    case .lda:
      let shared = DiscriminantCrossFit(features, labels: labels, folds: folds)
      return closedForm(features) { shared.probe(features, rows: folds.rows(outside: $0)) }
    }
  }

  /// Scores of the rows outside an outer fold by a candidate's probes of the inner folds.
  func innerScores(
    _ features: borrowing DoubleMatrix, _ candidate: Candidate, outer: Int
  ) throws(ProbeError) -> [Double] {
    switch candidate.kind {
    case .logistic:
      return try innerScores(features, outer: outer) { (held) throws(ProbeError) in
        try logisticProbe(
          features, rows: folds.rows(outside: held), penalty: candidate.fit.penalties[outer],
          name: candidate.cell.name)
      }
    case .massMean:
      return innerScores(features, outer: outer) { (held) throws(Never) in
        massMeanProbe(features, rows: folds.rows(outside: held), labels: labels)
      }
    case .lda:
      let shared = DiscriminantCrossFit(features, labels: labels, folds: folds)
      return innerScores(features, outer: outer) { (held) throws(Never) in
        shared.probe(features, rows: folds.rows(outside: held))
      }
    }
  }
}
