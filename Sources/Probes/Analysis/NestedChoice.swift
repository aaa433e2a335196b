/// One place and kind of probe that a headline can choose.
struct Candidate: Sendable {
  let cell: ProbeCell
  let kind: ProbeKind
  let fit: CrossFit
}

/// Scores of every row by the candidate that its own fold had no part in choosing.
struct NestedChoice: Sendable {
  /// One score per row.
  let scores: [Double]
  /// The candidate of each fold.
  let candidates: [Candidate]
  /// What was chosen for each fold, for the report.
  let choices: [HeadlineChoice]

  /// Chooses, for every outer fold, the candidate with the largest area under the ROC curve over the
  /// inner folds; of equals the first.
  ///
  /// - Returns: nil when an outer fold has no candidate with an area to compare.
  init?(_ candidates: [Candidate], folds: Folds) {
    var scores = [Double](repeating: 0, count: folds.indices.count)
    var chosen: [Candidate] = []
    var choices: [HeadlineChoice] = []
    for fold in 0..<folds.count {
      var best: (candidate: Candidate, area: Double)?
      for candidate in candidates {
        guard let area = candidate.fit.inner[fold] else { continue }
        if area > best?.area ?? -1 { best = (candidate, area) }
      }
      guard let best else { return nil }
      for row in folds.rows(in: fold) { scores[row] = best.candidate.fit.outOfFold[row] }
      chosen.append(best.candidate)
      choices.append(
        HeadlineChoice(
          cell: best.candidate.cell.name, kind: best.candidate.kind, innerAuroc: best.area))
    }
    self.scores = scores
    self.candidates = chosen
    self.choices = choices
  }
}
