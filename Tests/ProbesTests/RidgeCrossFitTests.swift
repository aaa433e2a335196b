import Kernels
import Probes
import Testing

@Suite("Cross-fitted ridge regression")
struct RidgeCrossFitTests {
  struct Golden: Decodable {
    let sets: [DataSet]
  }
  struct DataSet: Decodable, CustomTestStringConvertible {
    let name: String
    let width: Int
    let features: [Float]
    let folds: [Int]
    let targets: [Float]
    let fits: [Fit]
    var testDescription: String { name }
    var rows: Int { folds.count }
    var foldCount: Int { (folds.max() ?? 0) + 1 }
  }
  struct Fit: Decodable, CustomStringConvertible {
    let scaled: Bool
    let alpha: Double
    let outOfFold: [Double]
    let inner: [Double]
    let final: [Double]
    enum CodingKeys: String, CodingKey {
      case scaled, alpha, inner, final
      case outOfFold = "out_of_fold"
    }
    var description: String { "alpha \(alpha), \(scaled ? "scaled" : "centred")" }
  }

  static let targetCount = 3

  static func dataSets() throws -> [DataSet] {
    try golden("ridge.json", as: Golden.self).sets
  }

  /// The targets differ in size by orders, so each is compared on its own scale.
  static func expectScores(
    _ expected: [Double], _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ found: (_ row: Int, _ target: Int) -> Double
  ) {
    for target in 0..<targetCount {
      let scale = stride(from: target, to: expected.count, by: targetCount)
        .reduce(0) { max($0, abs(expected[$1])) }
      for row in 0..<expected.count / targetCount {
        expectClose(
          found(row, target), expected[row * targetCount + target],
          within: Tolerance.linearSystem, scale: scale, "\(what), row \(row), target \(target)",
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test(
    "agrees with scikit-learn's Ridge in every fold and pair of folds", arguments: try dataSets())
  func agrees(_ set: DataSet) {
    let features = DoubleMatrix(set.features, width: set.width)
    let targets = DoubleMatrix(set.targets, width: Self.targetCount)
    for fit in set.fits {
      let ridge = RidgeCrossFit(
        features: features, folds: set.folds, foldCount: set.foldCount, isScaled: fit.scaled)
      let penalties = [RidgePenalty.alpha(7 * fit.alpha), .alpha(fit.alpha)]
      let outOfFold = ridge.outOfFold(targets: targets, penalties: penalties)
      Self.expectScores(fit.outOfFold, "\(fit)") { outOfFold[row: $0, penalty: 1, target: $1] }
      let inner = ridge.inner(targets: targets, penalties: penalties)
      Self.expectScores(fit.inner, "\(fit), inner") { inner[row: $0, penalty: 1, target: $1] }
      let scores = ridge.final(targets: targets, penalty: .alpha(fit.alpha)).map {
        $0.scores(features)
      }
      Self.expectScores(fit.final, "\(fit), all rows") { scores[$1][$0] }
    }
  }

  @Test("gives the same by rows as by components", arguments: [true, false])
  func bothForms(_ isScaled: Bool) {
    var random = TestGenerator(11)
    let (rows, width, copies) = (24, 10, 5)
    let values = (0..<rows * width).map { _ in Float(3 * random.normal() + 1) }
    let labels = (0..<rows * 2).map { _ in Float(random.normal()) }
    let folds = (0..<rows).map { $0 % 4 }
    let targets = DoubleMatrix(labels, width: 2)
    let narrow = DoubleMatrix(values, width: width)
    let wide = DoubleMatrix(rows: rows, columns: width * copies) { row, column in
      Double(values[row * width + column % width])
    }
    let byComponents = RidgeCrossFit(
      features: narrow, folds: folds, foldCount: 4, isScaled: isScaled)
    let byRows = RidgeCrossFit(features: wide, folds: folds, foldCount: 4, isScaled: isScaled)
    for alpha in [0.1, 10] {
      let one = byComponents.outOfFold(targets: targets, penalties: [.alpha(alpha)])
      // Copies multiply every inner product.
      let other = byRows.outOfFold(
        targets: targets, penalties: [.alpha(Double(copies) * alpha), .alpha(1)])
      for target in 0..<2 {
        let pairs = zip(
          one.column(penalty: 0, target: target), other.column(penalty: 0, target: target))
        for (expected, found) in pairs {
          expectClose(found, expected, within: Tolerance.linearSystem, scale: 1)
        }
      }
    }
  }

  @Test("a share of the mean eigenvalue is the same in any unit", arguments: [4, 60])
  func shares(_ width: Int) {
    var random = TestGenerator(17)
    let rows = 20
    let values = (0..<rows * width).map { _ in random.normal() }
    let targets = DoubleMatrix(rows: rows, columns: 1) { _, _ in random.normal() }
    let folds = (0..<rows).map { $0 % 3 }
    func scores(unit: Double, _ penalty: RidgePenalty, isScaled: Bool) -> [Double] {
      let features = DoubleMatrix(rows: rows, columns: width) { unit * values[$0 * width + $1] }
      return RidgeCrossFit(features: features, folds: folds, foldCount: 3, isScaled: isScaled)
        .outOfFold(targets: targets, penalties: [penalty]).column(penalty: 0, target: 0)
    }
    for isScaled in [true, false] {
      let one = scores(unit: 1, .share(0.5), isScaled: isScaled)
      let other = scores(unit: 1000, .share(0.5), isScaled: isScaled)
      for (found, expected) in zip(other, one) {
        expectClose(found, expected, within: Tolerance.linearSystem, scale: 1)
      }
    }
    // Every scaled component has variance 1, so the mean eigenvalue is the number of training rows.
    let all = RidgeCrossFit(
      features: DoubleMatrix(rows: rows, columns: width) { values[$0 * width + $1] }, folds: folds,
      foldCount: 3)
    let byShare = all.final(targets: targets, penalty: .share(0.5))
    let byAlpha = all.final(targets: targets, penalty: .alpha(0.5 * Double(rows)))
    for (found, expected) in zip(byShare[0].weights, byAlpha[0].weights) {
      expectClose(found, expected, within: Tolerance.linearSystem, scale: 1)
    }
  }

  @Test("does not look at the targets of the fold it scores")
  func heldOut() {
    var random = TestGenerator(23)
    let features = DoubleMatrix(rows: 30, columns: 6) { _, _ in random.normal() }
    let folds = (0..<30).map { $0 % 5 }
    let values = (0..<30).map { _ in random.normal() }
    let ridge = RidgeCrossFit(features: features, folds: folds, foldCount: 5)
    func scores(changing fold: Int?) -> [Double] {
      let targets = DoubleMatrix(rows: 30, columns: 1) { row, _ in
        folds[row] == fold ? 100 : values[row]
      }
      return ridge.outOfFold(targets: targets, penalties: [.share(0.1)])
        .column(penalty: 0, target: 0)
    }
    let plain = scores(changing: nil)
    for fold in 0..<5 {
      let changed = scores(changing: fold)
      for row in 0..<30 {
        if folds[row] == fold {
          expectClose(changed[row], plain[row], within: Tolerance.rounding, scale: 100)
        } else {
          #expect(abs(changed[row] - plain[row]) > 1e-6)
        }
      }
    }
  }

  @Test("predicts the mean when no component varies")
  func constant() {
    let features = DoubleMatrix(rows: 9, columns: 2) { _, column in Double(column) + 0.1 }
    let targets = DoubleMatrix(rows: 9, columns: 1) { row, _ in Double(row) }
    let ridge = RidgeCrossFit(
      features: features, folds: (0..<9).map { $0 / 3 }, foldCount: 3, isScaled: false)
    let scores = ridge.outOfFold(targets: targets, penalties: [.share(0.1)])
    for row in 0..<9 {
      let expected = Double((0..<9).filter { $0 / 3 != row / 3 }.reduce(0, +)) / 6
      expectClose(scores[row: row, penalty: 0, target: 0], expected, within: Tolerance.rounding)
    }
  }
}
