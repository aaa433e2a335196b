import Kernels

extension SplitGroups {
  /// Fits the reference probe with folds that split groups.
  init(
    _ features: borrowing DoubleMatrix, reference: ReferenceProbe, plan: CrossFitPlan,
    splitting: Folds
  ) throws(ProbeError) {
    var scores = [Double](repeating: 0, count: plan.labels.count)
    for fold in 0..<splitting.count {
      let probe = try plan.logisticProbe(
        features, rows: splitting.rows(outside: fold), penalty: reference.penalty,
        name: reference.cell.name)
      let found = probe.scores(features)
      for row in splitting.rows(in: fold) { scores[row] = found[row] }
    }
    auroc = quickArea(scores, labels: plan.labels, folds: splitting)
    groupedAuroc = quickArea(
      reference.fit.outOfFold, labels: plan.labels, folds: plan.folds)
  }
}
