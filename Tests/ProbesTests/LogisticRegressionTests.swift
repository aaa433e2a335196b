import Kernels
import Probes
import Testing

@Suite("Logistic regression")
struct LogisticRegressionTests {
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
    let c: Double
    let objective: Double
    let scores: [Double]
  }

  static func dataSets() throws -> [DataSet] {
    try golden("logistic.json", as: Golden.self).sets
  }

  /// The features, or the features with copies of themselves beside them.
  ///
  /// Copies make columns enough to solve by rows what is otherwise solved by components. They
  /// multiply every inner product, so the same fit has the penalty's C divided by their number.
  static func matrix(_ set: DataSet, copies: Int) -> DoubleMatrix {
    let rows = set.labels.count
    var matrix = DoubleMatrix(rows: rows, columns: set.width * copies)
    for index in 0..<rows {
      var row = matrix.mutableRow(index)
      for column in 0..<set.width * copies {
        row[column] = Double(set.features[index * set.width + column % set.width])
      }
    }
    return matrix
  }

  @Test("reaches scikit-learn's optimum along the whole path", arguments: try dataSets())
  func optimum(_ set: DataSet) throws {
    let features = Self.matrix(set, copies: 1)
    let training = LogisticPath(
      features, rows: Array(set.labels.indices), labels: set.labels, isScaled: true)
    for fit in set.fits {
      let found = try training.fit(penalty: fit.c)[0]
      expectClose(found.objective, fit.objective, within: Tolerance.objective, "C = \(fit.c)")
      for (score, expected) in zip(found.probe.scores(features), fit.scores) {
        expectClose(score, expected, within: Tolerance.scores, scale: 1, "C = \(fit.c)")
      }
    }
  }

  @Test("gives the same optimum by rows as by components", arguments: try dataSets())
  func bothSpaces(_ set: DataSet) throws {
    let rows = Array(set.labels.indices)
    let copies = 2 * rows.count / set.width + 1
    let features = Self.matrix(set, copies: copies)
    let training = LogisticPath(features, rows: rows, labels: set.labels, isScaled: true)
    for fit in set.fits {
      let found = try training.fit(penalty: fit.c / Double(copies))[0]
      expectClose(
        found.objective, fit.objective, within: Tolerance.objective, "\(copies) copies, \(fit.c)")
    }
  }

  @Test("ends at the same optimum from a cold start as at the end of a path")
  func coldStart() throws {
    for set in try Self.dataSets() {
      let features = Self.matrix(set, copies: 1)
      for fit in set.fits {
        let training = LogisticPath(
          features, rows: Array(set.labels.indices), labels: set.labels, isScaled: true)
        let found = try training.fit(penalty: fit.c)[0]
        expectClose(
          found.objective, fit.objective, within: Tolerance.objective, "\(set.name) \(fit.c)")
      }
    }
  }

  @Test("gives a constant column no weight")
  func constantColumn() throws {
    for set in try Self.dataSets() where set.name == "constant columns" {
      let features = Self.matrix(set, copies: 1)
      let training = LogisticPath(
        features, rows: Array(set.labels.indices), labels: set.labels, isScaled: true)
      let weights = try training.fit(penalty: 1)[0].probe.weights
      for column in [2, 5] { expectClose(weights[column], 0, within: Tolerance.rounding, scale: 1) }
      for column in [0, 1, 3, 4] { #expect(weights[column] != 0) }
    }
  }

  @Test("uses the rows it is given and no others")
  func rowsOnly() throws {
    let set = try #require(try Self.dataSets().first)
    let rows = Array(0..<40)
    var changed = Self.matrix(set, copies: 1)
    for index in 40..<60 {
      var row = changed.mutableRow(index)
      row[0] = 1e6
    }
    let features = Self.matrix(set, copies: 1)
    let one = LogisticPath(features, rows: rows, labels: set.labels, isScaled: true)
    let other = LogisticPath(changed, rows: rows, labels: set.labels, isScaled: true)
    #expect(try one.fit(penalty: 1)[0].probe == other.fit(penalty: 1)[0].probe)
  }

  @Test("has scores whose logistic and loss do not overflow")
  func extremes() {
    expectClose(logistic(0), 0.5, within: 0)
    expectClose(logistic(800), 1, within: 0)
    expectClose(logistic(-800), 0, within: 0)
    expectClose(logLoss(score: -800, label: 1), 800, within: Tolerance.exactRatio)
    expectClose(logLoss(score: 800, label: 1), 0, within: 0)
  }
}
