import Inference
import Kernels

extension ControlTask {
  /// How many labellings are drawn.
  static let count = 5

  /// Learns true labels and labels drawn for whole groups, with folds that split groups.
  ///
  /// By the ridge regression of the permutation null, which decides at zero.
  init(
    _ features: borrowing DoubleMatrix, labels: [Int], clusters: Clusters, splitting: Folds,
    seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed, stream: .controlLabels)
    let drawn = (0..<Self.count).map { _ in
      var values = (0..<clusters.count).map { $0 % 2 }
      generator.shuffle(&values)
      return clusters.indices.map { values[$0] }
    }
    let columns = [labels] + drawn
    let accuracies = zip(
      ridgeScores(features, columns: columns, folds: splitting), columns
    ).map { balancedAccuracy(scores: $0, labels: $1) ?? 0.5 }
    accuracy = accuracies[0]
    controlAccuracies = Array(accuracies.dropFirst())
    selectivity = accuracy - controlAccuracies.reduce(0, +) / Double(Self.count)
  }
}
