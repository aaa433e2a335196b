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
    reference: ProbeJudge.Areas, permuted: PermutedLabels
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

extension DoubleMatrix {
  /// The vectors of a cell as doubles, `[row, width]`.
  init(_ values: [Float], rows: Int, name: String) throws(ProbeError) {
    precondition(
      rows > 0 && values.count % rows == 0, "\(name): \(values.count) values for \(rows) rows")
    let width = values.count / rows
    self.init(rows: rows, columns: width)
    for index in 0..<rows {
      var row = mutableRow(index)
      for column in 0..<width {
        let value = values[index * width + column]
        guard value.isFinite else { throw .notFinite(cell: name, row: index, column: column) }
        row[column] = Double(value)
      }
    }
  }
}
