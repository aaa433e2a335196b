extension ClusterBootstrap {
  /// A figure on the data as they are and in every draw; it is told how often each row counts.
  // Inlined so that the innermost call, one for each row and draw, is a direct one.
  @inline(__always)
  package func drawn(_ figure: (_ times: (Int) -> Int) -> Double?) -> DrawnFigure {
    DrawnFigure(
      value: figure { _ in 1 },
      replicates: (0..<draws).map { draw in
        let start = draw * clusters.count
        return figure { Int(times[start + clusters.indices[$0]]) }
      })
  }

  /// A figure that is the same in every draw.
  package func constant(_ value: Double) -> DrawnFigure {
    DrawnFigure(value: value, replicates: [Double?](repeating: value, count: draws))
  }

  /// The sum of one value over the sum of another; nil where the latter is zero.
  package func drawnRatio(_ numerators: [Double], over denominators: [Double]) -> DrawnFigure {
    let total = denominators.reduce(0, +)
    return DrawnFigure(
      value: total == 0 ? nil : numerators.reduce(0, +) / total,
      replicates: ratios(numerators, over: denominators))
  }

  /// The area under the ROC curve; nil in a draw that has no pair to compare.
  package func areas(_ ranked: RankedScores) -> DrawnFigure {
    drawn { ranked.areaUnderROC(times: $0) }
  }

  /// Balanced accuracy in every draw; nil where a class is missing.
  package func balancedAccuracies(scores: [Double], labels: [Int]) -> [Double?] {
    var right = [[Int]](repeating: [0, 0], count: clusters.count)
    var total = right
    for row in labels.indices {
      total[clusters.indices[row]][labels[row]] += 1
      if (scores[row] > 0) == (labels[row] == 1) { right[clusters.indices[row]][labels[row]] += 1 }
    }
    return (0..<draws).map { draw in
      var sums = [0, 0, 0, 0]
      for cluster in 0..<clusters.count {
        let count = Int(times[draw * clusters.count + cluster])
        if count == 0 { continue }
        for label in 0...1 {
          sums[label] += count * right[cluster][label]
          sums[2 + label] += count * total[cluster][label]
        }
      }
      if sums[2] == 0 || sums[3] == 0 { return nil }
      return (Double(sums[0]) / Double(sums[2]) + Double(sums[1]) / Double(sums[3])) / 2
    }
  }
}
