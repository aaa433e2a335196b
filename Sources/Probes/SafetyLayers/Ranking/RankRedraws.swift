import Inference

/// Every figure of a table drawn again and again from its interval.
///
/// Errors of different layers are taken as independent, and normal on either side of the figure. They are of the
/// same prompts and rather go together, which moves ranks less; intervals of ranks are too wide rather than too
/// narrow.
struct RankRedraws {
  private let criteria: [LayerCriterion]
  /// `[draw][criterion][layer]`.
  private let drawn: [[[Double]]]

  /// Draws.
  init(_ criteria: [LayerCriterion], count: Int, seed: UInt64) {
    self.criteria = criteria
    var generator = SeededGenerator(seed: seed, stream: .rankRedraws)
    drawn = (0..<count).map { _ in
      criteria.map { criterion in criterion.layers.map { $0.drawn(generator.normal()) } }
    }
  }

  /// The interval of two criteria's correlation.
  func tau(_ first: Int, _ second: Int, value: Double) -> Estimate {
    interval(drawn.map { kendallTau($0[first], $0[second]) }, around: value)
  }

  /// What the criteria say of each layer together.
  func layers(top: Int) -> [RankedLayer] {
    if criteria.isEmpty { return [] }
    let table = RankTable(criteria.map(\.strengths))
    let means = table.meanRanks
    let drawnMeans = drawn.map { RankTable($0).meanRanks }
    var first = [Int](repeating: 0, count: means.count)
    for means in drawnMeans {
      let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
      for layer in order.prefix(top) { first[layer] += 1 }
    }
    return means.indices.map { layer in
      RankedLayer(
        layer: layer, ranks: table.ranks.map { $0[layer] },
        meanRank: interval(drawnMeans.map { $0[layer] }, around: means[layer]),
        support: Double(first[layer]) / Double(drawn.count))
    }
  }

  /// The interval over draws, widened to the figure itself: noise on top of noise moves ranks towards each other.
  private func interval(_ draws: [Double?], around value: Double) -> Estimate {
    guard let found = ClusterBootstrap.estimate(value, draws) else {
      return Estimate(value: value, low: value, high: value, draws: 0)
    }
    return Estimate(
      value: value, low: min(found.low, value), high: max(found.high, value), draws: found.draws)
  }
}

extension Estimate {
  /// The figure moved by so many standard errors, which its interval tells on either side.
  fileprivate func drawn(_ normal: Double) -> Double {
    value + normal * (normal < 0 ? value - low : high - value) / Self.normalQuantile
  }

  /// The 97.5th percentile of the standard normal distribution.
  private static let normalQuantile = 1.959963984540054
}
