import Inference
extension Folds {
  /// Folds that split groups on purpose: rows of each class dealt out at random.
  package static func splittingGroups(labels: [Int], seed: UInt64) -> Folds {
    var generator = SeededGenerator(seed: seed, stream: .splitGroups)
    var indices = [Int](repeating: 0, count: labels.count)
    for label in 0...1 {
      var rows = labels.indices.filter { labels[$0] == label }
      generator.shuffle(&rows)
      for (place, row) in rows.enumerated() { indices[row] = place % usualCount }
    }
    return Folds(indices: indices)
  }
}
