import Inference
import Kernels

extension RandomDirections {
  /// How many directions are drawn.
  static let count = 20

  /// Judges directions drawn uniformly from the sphere of standardised features.
  ///
  /// A direction's sign is set by the area on the rows outside each fold.
  init(_ features: borrowing DoubleMatrix, plan: CrossFitPlan, seed: UInt64) {
    let all = Array(plan.labels.indices)
    let standardization = Standardization(features, rows: all, isScaled: true)
    var generator = SeededGenerator(seed: seed, stream: .randomDirections)
    aurocs = (0..<Self.count).map { _ in
      let weights = standardization.means.indices.map { _ in generator.normal() }
      let scores = standardization.folded(weights: weights, intercept: 0).scores(features)
      return quickArea(plan.signed(scores), labels: plan.labels, folds: plan.folds)
    }.sorted()
  }
}

extension CrossFitPlan {
  /// Scores turned round in each fold where they are the wrong way round outside it.
  func signed(_ scores: [Double]) -> [Double] {
    var result = scores
    for fold in 0..<folds.count {
      let outside = folds.rows(outside: fold)
      let area = areaUnderROC(
        scores: outside.map { scores[$0] }, labels: outside.map { labels[$0] })
      if area ?? 0.5 < 0.5 {
        for row in folds.rows(in: fold) { result[row] = -scores[row] }
      }
    }
    return result
  }
}
