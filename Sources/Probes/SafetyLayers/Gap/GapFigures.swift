import Foundation

/// The angle gap of one place under some assignment of prompts to places in the pairs.
///
/// The gap is the mean angle of N-M pairs less that of N-N pairs.
package struct GapFigures {
  /// In degrees.
  package let gap: Double
  /// What a bootstrap over prompts would find as its standard error.
  package let standardError: Double

  /// The gap in units of its standard error.
  var studentized: Double { gap / max(standardError, Self.rounding) }

  /// Angles are not known better than that, in degrees.
  private static let rounding = 1e-9

  /// Measures.
  ///
  /// The standard error is that of a bootstrap in which each prompt's weight is Poisson and a pair's weight the
  /// product of its two, in closed form: prompts that weigh on many pairs count by the sum of what they do
  /// there, and every pair once more by itself.
  ///
  /// - Parameters:
  ///   - table: angles between all prompts.
  ///   - pairs: the pairs, as places.
  ///   - order: which prompt is at each place.
  ///   - influence: scratch for as many numbers as there are places.
  package init(_ table: AngleTable, _ pairs: PromptPairs, order: [Int], influence: inout [Double]) {
    for place in influence.indices { influence[place] = 0 }
    var squares = 0.0
    func mean(_ list: PromptPairs.PairList, sign: Double, _ influence: inout [Double]) -> Double {
      let count = Double(list.count)
      var sum = 0.0
      for index in list.first.indices {
        sum += table.angles[order[list.first[index]] * table.count + order[list.second[index]]]
      }
      let mean = sum / count
      for index in list.first.indices {
        let (one, other) = (list.first[index], list.second[index])
        let share = sign * (table.angles[order[one] * table.count + order[other]] - mean) / count
        influence[one] += share
        influence[other] += share
        squares += share * share
      }
      return mean
    }
    let across = mean(pairs.across, sign: 1, &influence)
    let within = mean(pairs.harmless, sign: -1, &influence)
    gap = across - within
    for value in influence { squares += value * value }
    standardError = squares.squareRoot()
  }
}

/// Means over pairs in bootstrap draws of prompts.
package struct PairMeans {
  /// Draws of prompts; every prompt is a cluster of its own.
  package let bootstrap: ClusterBootstrap

  package init(prompts: Int, draws: Int, seed: UInt64) {
    bootstrap = ClusterBootstrap(
      clusters: Clusters(indices: Array(0..<prompts)), draws: draws, seed: seed)
  }

  /// The gap by the text: the mean angle of N-M pairs less that of N-N pairs, in degrees.
  package func textGap(_ table: AngleTable, _ pairs: PromptPairs) -> DrawnFigure {
    difference(table.angles, table.count, pairs) { $0 }
  }

  /// The gap by the authors' code: the angle of the mean cosine of N-M pairs less that of N-N pairs.
  package func codeGap(_ table: AngleTable, _ pairs: PromptPairs) -> DrawnFigure {
    difference(table.cosines, table.count, pairs) { acos(min(max($0, -1), 1)) * 180 / .pi }
  }

  private func difference(
    _ values: [Double], _ count: Int, _ pairs: PromptPairs, _ angle: (Double) -> Double
  ) -> DrawnFigure {
    let across = pairs.across.weighing(values, count)
    let within = pairs.harmless.weighing(values, count)
    return bootstrap.drawn { times in
      func mean(_ list: PromptPairs.PairList, _ values: [Double]) -> Double? {
        var sum = 0.0
        var total = 0
        for index in values.indices {
          let weight = times(list.first[index]) * times(list.second[index])
          sum += Double(weight) * values[index]
          total += weight
        }
        return total == 0 ? nil : sum / Double(total)
      }
      guard let far = mean(pairs.across, across), let near = mean(pairs.harmless, within)
      else { return nil }
      return angle(far) - angle(near)
    }
  }
}

extension PromptPairs.PairList {
  /// The value of each pair.
  package func weighing(_ table: [Double], _ count: Int) -> [Double] {
    zip(first, second).map { table[$0 * count + $1] }
  }
}
