/// Turns out-of-fold scores of several classes into figures with intervals, all on the same draws.
struct ClassJudge: Sendable {
  let classes: [Int]
  let classCount: Int
  let folds: Folds
  let bootstrap: ClusterBootstrap

  /// Figures of one predictor, from scores of every row by one fitted without its fold:
  /// `[class][row]`; the gain is left out without a reference.
  func figures(
    scores: [[Double]], penalties: [[Double]], against reference: DrawnFigure?
  ) -> (figures: ClassFigures, macro: DrawnFigure) {
    let areas = scores.indices.map { place in
      let ranked = RankedScores(
        scores: scores[place], labels: membership(place), folds: folds.indices)
      return bootstrap.areas(ranked)
    }
    let decisions = classes.indices.map { row in
      scores.indices.dropFirst().reduce(0) { scores[$1][row] > scores[$0][row] ? $1 : $0 }
    }
    return figures(areas: areas, decisions: decisions, penalties: penalties, against: reference)
  }

  /// Figures of always deciding for the most frequent class of the training part.
  ///
  /// Its areas are one half by definition: constants fitted per fold would be wrong more often.
  func constantFigures() -> (figures: ClassFigures, macro: DrawnFigure) {
    let majorities = (0..<folds.count).map { fold in
      let counts = counts(folds.rows(outside: fold))
      return counts.indices.reduce(0) { counts[$1] > counts[$0] ? $1 : $0 }
    }
    return figures(
      areas: (0..<classCount).map { _ in bootstrap.constant(0.5) },
      decisions: folds.indices.map { majorities[$0] }, penalties: [], against: nil)
  }

  /// Rows of each class among some rows.
  func counts(_ rows: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for row in rows { counts[classes[row]] += 1 }
    return counts
  }

  /// 1 for the rows of a class, 0 for the others.
  func membership(_ place: Int) -> [Int] {
    classes.map { $0 == place ? 1 : 0 }
  }

  private func figures(
    areas: [DrawnFigure], decisions: [Int], penalties: [[Double]], against reference: DrawnFigure?
  ) -> (figures: ClassFigures, macro: DrawnFigure) {
    let macro = DrawnFigure.mean(areas)
    var confusion = [[Int]](
      repeating: [Int](repeating: 0, count: classCount), count: classCount)
    for (truth, decision) in zip(classes, decisions) { confusion[truth][decision] += 1 }
    let accuracy = bootstrap.drawn { times in
      var (right, total) = (0, 0)
      for row in classes.indices {
        total += times(row)
        if classes[row] == decisions[row] { right += times(row) }
      }
      return total == 0 ? nil : Double(right) / Double(total)
    }
    let figures = ClassFigures(
      classAurocs: areas.map(\.estimate), macroAuroc: macro.estimate,
      gain: reference.flatMap { macro.gain(over: $0) }, accuracy: accuracy.estimate,
      confusion: confusion, penalties: penalties)
    return (figures, macro)
  }
}
