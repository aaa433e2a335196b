package import Kernels

/// L2-regularised logistic regressions of many training parts of the same rows, at one penalty after
/// another.
///
/// The objective is scikit-learn's, divided by its `C`:
///
///     sum over rows of log(1 + exp(-m)) + |w|² / (2 C),   m = ±(w · z + b)
///
/// over vectors z standardised by the part, with the intercept b left out of the penalty. It is
/// minimised by Newton steps of exact slopes, each found by conjugate gradients in float32. All parts go
/// side by side, so that a step of all of them reads the rows once (PartedDesign.swift), and share one
/// factored curvature as preconditioner (SharedCurvature.swift), which is renewed only when a search
/// gets long. A fit starts where the path of penalties leads from the last two.
package final class LogisticPath {
  let design: PartedDesign
  /// The row that each row of the design is.
  private let order: [Int]
  private var columns: [LogisticColumn]
  var curvature: SharedCurvature?
  /// Steps of the last search for a Newton step.
  var searchLength = 0
  /// What share of the objective the first step at the last penalty promised: the next will promise
  /// about as much.
  private var firstShare = Double.infinity

  /// A step that promises this share of the objective leaves less than a thousandth of it.
  private static let lastStep = 2e-6
  /// As long as steps promise more, slopes in float32 serve as well as exact ones.
  private static let roughStep = 1e-3
  /// Below this share of the objective a promised decrease drowns in rounding.
  private static let rounding = 1e-11
  private static let iterationLimit = 100
  /// A search of this many steps costs what new second derivatives do.
  private static let longSearch = 16

  /// Takes training parts that are unions of folds.
  ///
  /// - Parameters:
  ///   - features: `[row, width]`, raw.
  ///   - labels: 0 or 1 for every row.
  ///   - folds: the fold of every row.
  ///   - trained: for each part, the folds it trains on; both classes occur there.
  ///   - isScaled: whether components are divided by their standard deviation.
  package init(
    _ features: borrowing DoubleMatrix, labels: [Int], folds: Folds, trained: [[Int]],
    isScaled: Bool
  ) {
    let folded = FoldedRows(
      features, folds: folds.indices, foldCount: folds.count, isScaled: isScaled)
    order = folded.order
    let isPositive = order.map { labels[$0] == 1 }
    design = PartedDesign(folded, trained: trained)
    let width = design.width
    columns = design.parts.map {
      LogisticColumn(rows: $0.rows, isPositive: isPositive, width: width)
    }
  }

  /// Takes one training part.
  ///
  /// - Parameters:
  ///   - features: `[row, width]`, raw.
  ///   - rows: the rows to train on; both classes occur.
  ///   - labels: 0 or 1 for every row of `features`.
  ///   - isScaled: whether components are divided by their standard deviation.
  package convenience init(
    _ features: borrowing DoubleMatrix, rows: [Int], labels: [Int], isScaled: Bool
  ) {
    self.init(
      features.rows(rows), labels: rows.map { labels[$0] },
      folds: Folds(indices: [Int](repeating: 0, count: rows.count)), trained: [[0]],
      isScaled: isScaled)
  }

  /// Minimises the objective at a penalty, scikit-learn's `C`: the smaller, the stronger.
  ///
  /// - Returns: one fit for each part.
  /// - Throws: `LogisticNotConverged` when a part finds no minimum.
  package func fit(penalty: Double) throws(LogisticNotConverged) -> [LogisticFit] {
    let ridge = 1 / penalty
    for index in columns.indices { columns[index].start(ridge: ridge) }
    var objectives = [Double](repeating: 0, count: columns.count)
    var open = Array(columns.indices)
    var share = firstShare
    var isFactored = false
    for iteration in 1...Self.iterationLimit {
      let isExact = share <= Self.roughStep
      if isExact { refine(open) }
      let derivatives = open.map { columns[$0].derivatives(ridge: ridge) }
      let slopes = slopes(derivatives, parts: open, ridge: ridge, rounded: !isExact)
      if curvature == nil || searchLength > Self.longSearch {
        curvature = SharedCurvature(design, curvatures: mean(derivatives.map(\.curvatures)))
        isFactored = false
      }
      if !isFactored { curvature?.factorize(ridge: ridge) }
      isFactored = true
      let steps = search(slopes, derivatives.map(\.curvatures), parts: open, ridge: ridge)
      var stillOpen: [Int] = []
      share = 0
      for (place, index) in open.enumerated() {
        let objective = derivatives[place].objective
        let decrement = slopes[place].dot(steps[place].change)
        share = max(share, decrement / objective)
        let moved = columns[index].move(
          steps[place].change, steps[place].scores, decrement: decrement, from: objective,
          ridge: ridge)
        objectives[index] = moved?.objective ?? objective
        if isExact, decrement <= Self.rounding * objective { continue }
        if isExact, moved == nil {
          throw LogisticNotConverged(
            penalty: penalty, iterations: iteration, decrement: decrement)
        }
        let isLast = isExact && moved?.length == 1 && decrement <= Self.lastStep * objective
        if !isLast { stillOpen.append(index) }
      }
      if iteration == 1 { firstShare = share }
      open = stillOpen
      if open.isEmpty { return fits(objectives) }
    }
    throw LogisticNotConverged(
      penalty: penalty, iterations: Self.iterationLimit,
      decrement: share * (objectives.max() ?? 0))
  }

  private func fits(_ objectives: [Double]) -> [LogisticFit] {
    columns.indices.map { index in
      let point = columns[index].point
      return LogisticFit(
        probe: design.probe(weights: point.weights, intercept: point.intercept, part: index),
        scores: scores(index), objective: objectives[index])
    }
  }

  /// Scores of a part's probe in the order of the features.
  private func scores(_ index: Int) -> [Double] {
    let column = columns[index]
    var result = column.scores
    for (place, row) in order.enumerated() {
      result[row] = column.scores[place] + column.point.intercept
    }
    return result
  }

  /// Takes the exact scores of some parts, after steps that were added up in float32.
  private func refine(_ parts: [Int]) {
    let exact = design.scores(
      parts.map { columns[$0].point.weights }, parts: parts, rounded: false)
    for (place, index) in parts.enumerated() { columns[index].scores = exact[place] }
  }

  /// The slope of the objective, downwards.
  private func slopes(
    _ derivatives: [LogisticColumn.Derivatives], parts: [Int], ridge: Double, rounded: Bool
  ) -> [LinearSlope] {
    let sums = design.slopes(derivatives.map(\.forces), parts: parts, rounded: rounded)
    return parts.enumerated().map { place, index in
      var slope = LinearSlope(
        weights: sums[place], intercept: derivatives[place].forces.reduce(0, +))
      slope.weights.add(-ridge, columns[index].point.weights)
      return slope
    }
  }

  private func mean(_ lists: [[Double]]) -> [Double] {
    var result = [Double](repeating: 0, count: design.rowCount)
    for list in lists { result.add(1 / Double(lists.count), list) }
    return result
  }
}
