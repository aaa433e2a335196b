/// Bootstrap draws of whole clusters, for any figure that counts rows several times.
///
/// The draws are those of ClusterBootstrap at the same seed, so figures of all analyses are paired.
package struct ClusterDraws: Sendable {
  private let count: Int
  private let clusters: [Int]
  private let clusterCount: Int
  /// `[draw, cluster]`.
  private let times: [UInt16]

  package init(clusters: Clusters, draws: Int, seed: UInt64) {
    precondition(clusters.count > 0 && draws > 0, "\(draws) draws of \(clusters.count) clusters")
    var generator = SeededGenerator(seed: seed, stream: 2)
    var times = [UInt16](repeating: 0, count: draws * clusters.count)
    for draw in 0..<draws {
      for _ in 0..<clusters.count {
        times[draw * clusters.count + generator.below(clusters.count)] += 1
      }
    }
    count = draws
    self.clusters = clusters.indices
    clusterCount = clusters.count
    self.times = times
  }

  /// A figure on the data as they are and in every draw; it is told how often each row counts.
  package func drawn(_ figure: (_ times: (Int) -> Int) -> Double?) -> DrawnFigure {
    DrawnFigure(
      value: figure { _ in 1 },
      replicates: (0..<count).map { draw in
        let start = draw * clusterCount
        return figure { Int(times[start + clusters[$0]]) }
      })
  }

  /// A figure that is the same in every draw.
  func constant(_ value: Double) -> DrawnFigure {
    DrawnFigure(value: value, replicates: [Double?](repeating: value, count: count))
  }
}

/// A figure on the data as they are, and in every bootstrap draw.
package struct DrawnFigure: Sendable {
  /// On the data as they are; nil where it is not defined.
  package let value: Double?
  /// In every draw.
  package let replicates: [Double?]

  /// The figure with its interval.
  package var estimate: Estimate? { ClusterBootstrap.estimate(value, replicates) }

  /// How much it is above another, on the same draws.
  package func gain(over other: DrawnFigure) -> Estimate? {
    ClusterBootstrap.estimate(
      difference(value, other.value), zip(replicates, other.replicates).map(difference))
  }

  /// The mean of several figures, where all of them are defined.
  static func mean(_ figures: [DrawnFigure]) -> DrawnFigure {
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.count < values.count || known.isEmpty
        ? nil : known.reduce(0, +) / Double(known.count)
    }
    let draws = figures.first?.replicates.count ?? 0
    return DrawnFigure(
      value: mean(figures.map(\.value)),
      replicates: (0..<draws).map { draw in mean(figures.map { $0.replicates[draw] }) })
  }

  private func difference(_ one: Double?, _ other: Double?) -> Double? {
    guard let one, let other else { return nil }
    return one - other
  }
}
