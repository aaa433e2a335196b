import Foundation
import Kernels
import Probes
import Testing

@Suite("Duality of logistic regression")
struct DualityTests {
  /// The objective of the dual problem at the residuals of a fit: no other point of the primal can be
  /// lower, so the gap bounds the error without another solver.
  ///
  /// With r the label minus the chance, the dual is the entropy of the chances less |Z' r|² / (2 ridge),
  /// on the condition that r adds up to zero, as the free intercept makes it.
  static func dual(
    _ features: borrowing DoubleMatrix, labels: [Int], scores: [Double], penalty: Double
  ) -> Double {
    let rows = labels.count
    var residuals = (0..<rows).map { Double(labels[$0]) - logistic(scores[$0]) }
    // What convergence leaves of the sum is taken from the class that has too much of it.
    let sums = [-1.0, 1].map { sign in residuals.filter { $0 * sign > 0 }.reduce(0, +) * sign }
    let target = min(sums[0], sums[1])
    for row in residuals.indices { residuals[row] *= target / sums[residuals[row] > 0 ? 1 : 0] }

    var means = [Double](repeating: 0, count: features.columns)
    var scales = means
    for column in means.indices {
      for row in 0..<rows { means[column] += features.row(row)[column] / Double(rows) }
      for row in 0..<rows {
        let difference = features.row(row)[column] - means[column]
        scales[column] += difference * difference / Double(rows)
      }
      scales[column] = scales[column].squareRoot()
    }
    var squares = 0.0
    for column in means.indices {
      var sum = 0.0
      for row in 0..<rows {
        sum += residuals[row] * (features.row(row)[column] - means[column]) / scales[column]
      }
      squares += sum * sum
    }
    let entropy = residuals.reduce(0.0) { sum, residual in
      let share = abs(residual)
      let terms = [share, 1 - share].map { $0 > 0 ? $0 * log($0) : 0 }
      return sum - terms[0] - terms[1]
    }
    return entropy - penalty * squares / 2
  }

  @Test(
    "the gap closes at every size and penalty",
    arguments: [(240, 33), (120, 255), (200, 110)])
  func gap(_ rows: Int, _ width: Int) throws {
    var generator = TestGenerator(UInt64(rows))
    let labels = (0..<rows).map { _ in generator.uniform() < 0.4 ? 1 : 0 }
    var features = DoubleMatrix(rows: rows, columns: width)
    for index in 0..<rows {
      var row = features.mutableRow(index)
      let common = generator.normal()
      for column in 0..<width {
        // A few strong directions and a massive component, as activations have.
        let shift = column < 3 ? Double(labels[index]) : 0
        row[column] = Double(
          Float((generator.normal() + common + shift) * (column == 5 ? 900 : 1) + 4))
      }
    }
    let training = LogisticPath(
      features, rows: Array(0..<rows), labels: labels, isScaled: true)
    for penalty in ProbeOptions().penalties {
      let fit = try training.fit(penalty: penalty)[0]
      let bound = Self.dual(
        features, labels: labels, scores: fit.probe.scores(features), penalty: penalty)
      expectClose(bound, fit.objective, within: Tolerance.gap, "C = \(penalty)")
    }
  }
}
