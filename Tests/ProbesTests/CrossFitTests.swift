import Kernels
import Probes
import Testing

@Suite("Nested cross-validation")
struct CrossFitTests {
  struct Golden: Decodable {
    let width: Int
    let features: [Float]
    let labels: [Int]
    let folds: [Int]
    let penalties: [Double]
    let chosen: [Double]
    let final: Double
    let inner: [Double]
    let scores: [Double]
  }

  @Test("chooses and scores as scikit-learn does with every fit spelled out")
  func scikitLearn() throws {
    let golden = try golden("nested.json", as: Golden.self)
    var features = DoubleMatrix(rows: golden.labels.count, columns: golden.width)
    for index in golden.labels.indices {
      var row = features.mutableRow(index)
      for column in 0..<golden.width {
        row[column] = Double(golden.features[index * golden.width + column])
      }
    }
    let plan = CrossFitPlan(
      labels: golden.labels, folds: Folds(indices: golden.folds), penalties: golden.penalties)
    let fit = try plan.logistic(features, isScaled: true, name: "golden")
    #expect(fit.penalties == golden.chosen)
    #expect(fit.finalPenalty == golden.final)
    for (found, expected) in zip(fit.inner, golden.inner) {
      expectClose(try #require(found), expected, within: Tolerance.area)
    }
    for (found, expected) in zip(fit.outOfFold, golden.scores) {
      expectClose(found, expected, within: Tolerance.scores, scale: 1)
    }
  }

  @Test("is not moved by the labels of the fold that it scores")
  func blindness() throws {
    var generator = TestGenerator(31)
    let rows = 60
    let folds = (0..<rows).map { $0 % 5 }
    let labels = (0..<rows).map { $0 / 5 % 2 }
    var features = DoubleMatrix(rows: rows, columns: 8)
    for index in 0..<rows {
      var row = features.mutableRow(index)
      for column in 0..<8 { row[column] = generator.normal() + Double(labels[index]) }
    }
    func fits(_ labels: [Int]) throws -> [[Double]] {
      let plan = CrossFitPlan(
        labels: labels, folds: Folds(indices: folds), penalties: ProbeOptions().penalties)
      return [
        try plan.logistic(features, isScaled: true, name: "toy").outOfFold,
        plan.closedForm(features) {
          massMeanProbe(features, rows: plan.folds.rows(outside: $0), labels: labels)
        }.outOfFold,
      ]
    }
    let turned = labels.indices.map { folds[$0] == 2 ? 1 - labels[$0] : labels[$0] }
    for (plain, other) in zip(try fits(labels), try fits(turned)) {
      for row in 0..<rows where folds[row] == 2 {
        expectClose(plain[row], other[row], within: Tolerance.scores, scale: 1)
      }
      #expect(plain != other)
    }
  }
}
