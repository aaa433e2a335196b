import Foundation
import Kernels
import Probes
import Testing

@Suite("Linear discriminant analysis")
struct LinearDiscriminantTests {
  struct Golden: Decodable {
    let sets: [DataSet]
  }
  struct DataSet: Decodable, CustomTestStringConvertible {
    let name: String
    let width: Int
    let features: [Float]
    let labels: [Int]
    let fits: [Fit]
    var testDescription: String { name }
  }
  struct Fit: Decodable {
    let shrinkage: Double?
    let scores: [Double]
  }

  static func dataSets() throws -> [DataSet] {
    try golden("discriminant.json", as: Golden.self).sets
  }

  @Test("scores as scikit-learn's on standardised features", arguments: try dataSets())
  func scores(_ set: DataSet) {
    let features = DoubleMatrix(set.features, width: set.width)
    for fit in set.fits {
      let probe = linearDiscriminantProbe(
        features, rows: Array(set.labels.indices), labels: set.labels, shrinkage: fit.shrinkage)
      let scale = fit.scores.reduce(0) { max($0, abs($1)) }
      for (score, expected) in zip(probe.scores(features), fit.scores) {
        expectClose(
          score, expected, within: Tolerance.linearSystem, scale: scale,
          "shrinkage \(fit.shrinkage.map(String.init(describing:)) ?? "by Ledoit and Wolf")")
      }
    }
  }

  @Test("solves by components what it solves by rows")
  func bothForms() {
    var random = TestGenerator(3)
    let (rows, width) = (14, 12)
    let values = (0..<rows * width).map { _ in Float(random.normal()) }
    let labels = (0..<rows).map { $0 % 2 }
    for shrinkage in [0.1, 0.9] {
      let tall = DoubleMatrix(values, width: width)
      let wide = DoubleMatrix(rows: rows, columns: 2 * width) { row, column in
        Double(values[row * width + column % width])
      }
      // Every component twice: a weight has its share of the covariance twice over, which is what a
      // weaker shrinkage of the narrow covariance gives, up to a factor.
      let weight = 2 * (1 - shrinkage)
      let equivalent = shrinkage / (weight + shrinkage)
      let same = linearDiscriminantProbe(
        tall, rows: Array(0..<rows), labels: labels, shrinkage: equivalent)
      let other = linearDiscriminantProbe(
        wide, rows: Array(0..<rows), labels: labels, shrinkage: shrinkage)
      for column in 0..<width {
        expectClose(
          other.weights[column], same.weights[column] / (weight + shrinkage),
          within: Tolerance.linearSystem, scale: 1)
      }
    }
  }

  @Test("uses the rows it is given and no others")
  func rowsOnly() throws {
    let set = try #require(try Self.dataSets().first)
    let rows = Array(0..<40)
    let features = DoubleMatrix(set.features, width: set.width)
    var changed = DoubleMatrix(set.features, width: set.width)
    for index in 40..<60 {
      var row = changed.mutableRow(index)
      row[0] = 1e6
    }
    #expect(
      linearDiscriminantProbe(features, rows: rows, labels: set.labels)
        == linearDiscriminantProbe(changed, rows: rows, labels: set.labels))
  }

  @Test("gives the log odds of the classes when nothing tells them apart")
  func priors() {
    let features = DoubleMatrix(rows: 12, columns: 3) { row, _ in Double(row % 4) }
    let probe = linearDiscriminantProbe(
      features, rows: Array(0..<12), labels: (0..<12).map { $0 < 4 ? 0 : 1 })
    for score in probe.scores(features) {
      expectClose(score, log(2), within: Tolerance.rounding, scale: 1)
    }
  }

  @Test("is finite on the smallest and on constant training parts", arguments: [2, 3, 40])
  func degenerate(_ width: Int) {
    let pairs = DoubleMatrix(rows: 4, columns: width) { row, column in
      Double((row * 7 + column * 3) % 5)
    }
    let constant = DoubleMatrix(rows: 4, columns: width) { _, _ in 2.5 }
    let few = linearDiscriminantProbe(pairs, rows: [0, 1, 2, 3], labels: [0, 1, 0, 1])
    let flat = linearDiscriminantProbe(constant, rows: [0, 1, 2, 3], labels: [0, 1, 1, 1])
    for value in few.weights + flat.weights + [few.bias, flat.bias] { #expect(value.isFinite) }
  }

  @Test("fits every training part alike from shared work", arguments: try dataSets())
  func crossFit(_ set: DataSet) {
    let features = DoubleMatrix(set.features, width: set.width)
    let folds = Folds(indices: set.labels.indices.map { $0 % 4 })
    let shared = DiscriminantCrossFit(features, labels: set.labels, folds: folds)
    for held in [[], [0], [3], [1, 2], [0, 3]] {
      let rows = set.labels.indices.filter { !held.contains(folds.indices[$0]) }
      let expected = linearDiscriminantProbe(features, rows: rows, labels: set.labels)
        .scores(features)
      let scale = expected.reduce(0) { max($0, abs($1)) }
      let found = shared.probe(features, rows: rows).scores(features)
      for (score, reference) in zip(found, expected) {
        expectClose(
          score, reference, within: Tolerance.linearSystem, scale: scale, "outside \(held)")
      }
    }
    let plan = CrossFitPlan(labels: set.labels, folds: folds, penalties: [])
    let (one, other) = (
      plan.closedForm(features) { shared.probe(features, rows: folds.rows(outside: $0)) },
      plan.closedForm(features) {
        linearDiscriminantProbe(features, rows: folds.rows(outside: $0), labels: set.labels)
      }
    )
    let scale = other.outOfFold.reduce(0) { max($0, abs($1)) }
    for (score, reference) in zip(one.outOfFold, other.outOfFold) {
      expectClose(score, reference, within: Tolerance.linearSystem, scale: scale)
    }
    #expect(one.inner == other.inner)
  }
}
