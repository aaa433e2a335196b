import Probes
import Testing

@Suite("Metrics")
struct MetricsTests {
  struct Golden: Decodable {
    let rankings: [Ranking]
  }
  struct Ranking: Decodable {
    let scores: [Double]
    let labels: [Int]
    let auroc: Double
  }

  /// Counts every pair of a positive and a negative within a fold, row by row as often as told.
  static func bruteForce(
    _ scores: [Double], _ labels: [Int], _ folds: [Int], times: [Int]
  ) -> Double? {
    var ordered = 0.0
    var pairs = 0.0
    for one in scores.indices where labels[one] == 1 {
      for other in scores.indices where labels[other] == 0 && folds[one] == folds[other] {
        let weight = Double(times[one] * times[other])
        pairs += weight
        if scores[one] > scores[other] { ordered += weight }
        if scores[one] == scores[other] { ordered += weight / 2 }
      }
    }
    return pairs == 0 ? nil : ordered / pairs
  }

  @Test("areas under the ROC curve are scikit-learn's, ties included")
  func scikitLearn() throws {
    for ranking in try golden("auroc.json", as: Golden.self).rankings {
      let area = try #require(areaUnderROC(scores: ranking.scores, labels: ranking.labels))
      expectClose(area, ranking.auroc, within: Tolerance.area)
    }
  }

  @Test("areas under the ROC curve count pairs within folds, as often as a draw has them")
  func bruteForce() throws {
    var generator = TestGenerator(11)
    for size in [2, 7, 33, 120] {
      for levels in [1, 3, 1000] {
        let scores = (0..<size).map { _ in Double(Int(generator.uniform() * Double(levels))) / 3 }
        let labels = (0..<size).map { _ in Int(generator.uniform() * 2) }
        let folds = (0..<size).map { _ in Int(generator.uniform() * 4) }
        let times = (0..<size).map { _ in Int(generator.uniform() * 3) }
        let ranked = RankedScores(scores: scores, labels: labels, folds: folds)
        let expected = Self.bruteForce(scores, labels, folds, times: times)
        let found = ranked.areaUnderROC { times[$0] }
        #expect((found == nil) == (expected == nil))
        if let found, let expected {
          expectClose(found, expected, within: Tolerance.exactRatio, scale: 1)
        }
      }
    }
  }

  @Test("areas do not compare scores of different folds")
  func scales() {
    // Each fold is in perfect order, but the second fold's scores are all higher.
    let ranked = RankedScores(
      scores: [1, 2, 101, 102], labels: [0, 1, 0, 1], folds: [0, 0, 1, 1])
    #expect(ranked.areaUnderROC == 1)
    #expect(areaUnderROC(scores: [1, 2, 101, 102], labels: [0, 1, 0, 1]) == 0.75)
  }

  @Test("figures that need both classes are nil without them")
  func oneClass() {
    #expect(areaUnderROC(scores: [1, 2], labels: [1, 1]) == nil)
    #expect(balancedAccuracy(scores: [1, 2], labels: [0, 0]) == nil)
    #expect(areaUnderROC(scores: [], labels: []) == nil)
  }

  @Test("balanced accuracy weighs both classes alike")
  func balanced() {
    #expect(balancedAccuracy(scores: [1, 1, 1, -1, 0], labels: [1, 1, 1, 1, 0]) == 0.875)
  }
}
