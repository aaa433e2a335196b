import Foundation
import Kernels
import Probes
import Testing

@Suite("Calibration")
struct CalibrationTests {
  private struct Golden: Decodable {
    struct Judged: Decodable {
      let logOdds: [Double]
      let labels: [Int]
      let stated: [Double]
      let observed: [Double]
      let low: [Double]
      let high: [Double]
      let expectedError: Double
      let debiasedError: Double
      let slope: Double
      let intercept: Double
      let brier: Double
      let logLoss: Double
      let rocFalse: [Double]
      let rocTrue: [Double]

      enum CodingKeys: String, CodingKey {
        case labels, stated, observed, low, high, slope, intercept, brier
        case logOdds = "log_odds"
        case expectedError = "expected_error"
        case debiasedError = "debiased_error"
        case logLoss = "log_loss"
        case rocFalse = "roc_false"
        case rocTrue = "roc_true"
      }
    }
    struct Bags: Decodable {
      let width: Int
      let counts: [Double]
      let labels: [Int]
      let scores: [Double]
    }
    let sets: [Judged]
    let bags: Bags
  }

  @Test("agrees with scikit-learn and scipy")
  func reference() throws {
    for set in try golden("calibration.json", as: Golden.self).sets {
      let found = Calibration(logOdds: set.logOdds, labels: set.labels)
      #expect(found.bins.count == 10)
      for (bin, place) in zip(found.bins, set.stated.indices) {
        expectClose(bin.stated, set.stated[place], within: Tolerance.area)
        expectClose(bin.observed, set.observed[place], within: Tolerance.area)
        expectClose(bin.low, set.low[place], within: Tolerance.area)
        expectClose(bin.high, set.high[place], within: Tolerance.area)
      }
      expectClose(found.expectedError, set.expectedError, within: Tolerance.area)
      expectClose(found.debiasedError, set.debiasedError, within: Tolerance.area, scale: 0.01)
      // The pull on the slope is a thousandth of a prompt's worth.
      expectClose(found.slope, set.slope, within: Tolerance.scores)
      expectClose(found.intercept, set.intercept, within: Tolerance.scores, scale: 1)
    }
  }

  @Test("takes log loss and Brier score from chances as scikit-learn does")
  func losses() throws {
    for set in try golden("calibration.json", as: Golden.self).sets {
      let rows = Double(set.labels.count)
      let pairs = Array(zip(set.logOdds, set.labels))
      let loss = pairs.reduce(0) { $0 + logLoss(score: $1.0, label: Double($1.1)) } / rows
      expectClose(loss, set.logLoss, within: Tolerance.area)
      let brier = pairs.reduce(0) { $0 + pow(logistic($1.0) - Double($1.1), 2) } / rows
      expectClose(brier, set.brier, within: Tolerance.area)
    }
  }

  @Test("draws the curve of true against false positives through scikit-learn's points")
  func curve() throws {
    for set in try golden("calibration.json", as: Golden.self).sets {
      let folds = Folds(indices: [Int](repeating: 0, count: set.labels.count))
      for point in averagedROC(set.logOdds, labels: set.labels, folds: folds) {
        // The highest rate of true positives that so many false ones buy.
        let bought = zip(set.rocFalse, set.rocTrue)
          .filter { $0.0 <= point.falsePositiveRate + 1e-12 }.map(\.1).max()
        expectClose(point.truePositiveRate, try #require(bought), within: Tolerance.area)
      }
    }
  }

  @Test("scores counts by naive Bayes as scikit-learn does")
  func naiveBayes() throws {
    let bags = try golden("calibration.json", as: Golden.self).bags
    let counts = DoubleMatrix(bags.counts.map { Float($0) }, width: bags.width)
    let probe = naiveBayesProbe(counts, rows: Array(bags.labels.indices), labels: bags.labels)
    for (score, expected) in zip(probe.scores(counts), bags.scores) {
      expectClose(score, expected, within: Tolerance.area, scale: 1)
    }
  }
}
