extension Folds {
  /// Deals clusters out to folds, the largest first, each to the fold where it leaves every one of
  /// several classes most evenly spread; clusters of one size in an order drawn from the seed.
  init(
    clusters: Clusters, classes: [Int], classCount: Int, seed: UInt64
  ) throws(ProbeError) {
    guard clusters.count >= Self.leastCount else {
      throw .tooFewGroups(found: clusters.count, needed: Self.leastCount)
    }
    var sizes = [[Double]](
      repeating: [Double](repeating: 0, count: classCount), count: clusters.count)
    var totals = [Double](repeating: 0, count: classCount)
    for (cluster, place) in zip(clusters.indices, classes) {
      sizes[cluster][place] += 1
      totals[place] += 1
    }
    var generator = SeededGenerator(seed: seed, stream: 24)
    var drawn = Array(0..<clusters.count)
    generator.shuffle(&drawn)
    var rank = [Int](repeating: 0, count: clusters.count)
    for (place, cluster) in drawn.enumerated() { rank[cluster] = place }
    let rowCounts = sizes.map { $0.reduce(0, +) }
    drawn.sort { (rowCounts[$1], rank[$0]) < (rowCounts[$0], rank[$1]) }

    let count = min(Self.usualCount, clusters.count)
    var filled = [[Double]](
      repeating: [Double](repeating: 0, count: classCount), count: count)
    var foldOf = [Int](repeating: 0, count: clusters.count)
    for cluster in drawn {
      // Growth of the sum, over folds and classes, of the squared share of the class in the fold.
      let growth = filled.map { fold in
        (0..<classCount).reduce(0.0) { sum, place in
          let added = sizes[cluster][place]
          if added == 0 { return sum }
          return sum + added * (2 * fold[place] + added) / (totals[place] * totals[place])
        }
      }
      var best = 0
      for fold in 1..<count where growth[fold] < growth[best] { best = fold }
      foldOf[cluster] = best
      for place in 0..<classCount { filled[best][place] += sizes[cluster][place] }
    }
    self.init(indices: clusters.indices.map { foldOf[$0] })
  }
}
