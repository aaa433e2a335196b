import Foundation
package import Kernels

/// A linear classifier of prompts, fitted once and then left as it is.
public struct SeparationProbe: Codable, Sendable, Equatable {
  /// One weight for each component; the standardisation is folded in.
  public let weights: [Double]
  /// Added to the weighted sum.
  public let bias: Double
  /// The mean of each component over the prompts it was fitted on.
  public let means: [Double]
  /// What each component was divided by.
  public let scales: [Double]

  /// scikit-learn's `C`: with it the squared weights count half of one prompt's loss.
  static let penalty = 1.0

  /// Fits one: components standardised, L2-regularised logistic regression.
  ///
  /// - Parameters:
  ///   - rows: `[prompt, width]`.
  ///   - labels: 0 or 1 for each; both occur.
  /// - Throws: `LogisticNotConverged`.
  package init(fitting rows: SharedRows, labels: [Int]) throws {
    let features = rows.doubles
    let all = Array(labels.indices)
    let standard = Standardization(features, rows: all, isScaled: true)
    let probe = try LogisticPath(features, rows: all, labels: labels, isScaled: true)
      .fit(penalty: Self.penalty)[0].probe
    weights = probe.weights
    bias = probe.bias
    (means, scales) = (standard.means, standard.scales)
  }

  /// The logit of class 1 of each row.
  package func scores(_ rows: SharedRows) -> [Double] {
    LinearProbe(weights: weights, bias: bias).scores(rows.doubles)
  }
}

extension SharedRows {
  /// The rows in double precision.
  fileprivate var doubles: DoubleMatrix {
    var matrix = DoubleMatrix(rows: count, columns: width)
    for row in 0..<count {
      let values = self[rows: row..<row + 1]
      var target = matrix.mutableRow(row)
      for column in values.indices { target[column] = Double(values[column]) }
    }
    return matrix
  }
}

/// How well a classifier tells prompts apart that it was not fitted on.
public struct SeparationFigures: Codable, Sendable, Equatable {
  /// Share of prompts of class 1 that it calls so.
  public let recall: Double
  /// Share of prompts of class 0 that it calls so.
  public let benignRecall: Double
  /// Area under the ROC curve.
  public let auroc: Double
  /// Mean logit of prompts of class 1.
  public let margin: Double

  /// Counts scores, of both classes; above zero is class 1.
  package init(scores: [Double], labels: [Int]) {
    let classes = [0, 1].map { label in zip(scores, labels).filter { $0.1 == label }.map(\.0) }
    precondition(!classes[0].isEmpty && !classes[1].isEmpty, "scores of one class only")
    recall = Double(classes[1].count { $0 > 0 }) / Double(classes[1].count)
    benignRecall = Double(classes[0].count { $0 <= 0 }) / Double(classes[0].count)
    auroc = areaUnderROC(scores: scores, labels: labels) ?? 0.5
    margin = classes[1].reduce(0, +) / Double(classes[1].count)
  }

  /// What either share has to be for a classifier to be used.
  public static let leastRecall = 0.95

  /// Whether both shares are large enough for disturbances to be judged by them.
  public var isUsable: Bool { recall >= Self.leastRecall && benignRecall >= Self.leastRecall }

  /// Below this share of class 0 a large share of class 1 may only mean that everything is called so.
  public static let leastBenignRecall = 0.9

  /// The share of the way to chance that the area went from a clean one: 0 for none, 1 for all of it.
  package func loss(from clean: SeparationFigures) -> Double {
    Self.loss(of: auroc, from: clean.auroc)
  }

  /// The same of areas.
  package static func loss(of area: Double, from clean: Double) -> Double {
    clean == 0.5 ? 0 : (clean - area) / (clean - 0.5)
  }

  /// The share of class 1 that decides whether modules are robust: that which is still called so, and where too
  /// much of class 0 is called so too, no more than what the area has left.
  package func decisiveRecall(from clean: SeparationFigures) -> Double {
    if benignRecall >= Self.leastBenignRecall { return recall }
    return min(recall, clean.recall * (1 - min(max(loss(from: clean), 0), 1)))
  }
}
