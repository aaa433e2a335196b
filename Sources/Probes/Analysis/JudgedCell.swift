import Kernels

/// One cell, fitted and judged.
struct JudgedCell: Sendable {
  let result: CellResult
  let candidates: [Candidate]
  let probes: [FittedProbe]
  /// Area of the permutation statistic: with the labels as they are, then for each permutation.
  let permutedAreas: [Double]

  init(
    _ cell: ProbeCell, _ features: borrowing DoubleMatrix, judge: ProbeJudge,
    reference: DrawnFigure, permuted: PermutedLabels
  ) throws(ProbeError) {
    let plan = judge.plan
    var fits: [(kind: ProbeKind, fit: CrossFit)] = []
    for kind in ProbeKind.allCases {
      fits.append((kind, try plan.crossFit(kind, features, name: cell.name)))
    }
    let figures = fits.map { _, fit in
      judge.figures(
        scores: fit.outOfFold, penalties: fit.penalties, inner: fit.inner, against: reference
      ).figures
    }
    result = CellResult(
      cell: cell, logistic: figures[0], massMean: figures[1], lda: figures[2],
      finalPenalty: fits[0].fit.finalPenalty)
    candidates = fits.map { Candidate(cell: cell, kind: $0.kind, fit: $0.fit) }
    probes = zip(fits, figures).map { fit, figures in
      FittedProbe(
        cell: cell, kind: fit.kind, probe: fit.fit.final, outOfFoldAuroc: figures.auroc?.value,
        penalty: fit.fit.finalPenalty)
    }
    permutedAreas = permuted.areas(features, folds: plan.folds)
  }
}
