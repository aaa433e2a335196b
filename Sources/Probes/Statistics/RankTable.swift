/// The ranks that several judges give to the same things.
package struct RankTable {
  /// `[judge][thing]`: 1 for the most, equal ones sharing the mean of their ranks.
  package let ranks: [[Double]]
  /// What ties take from the sum of squares that is possible.
  private let tied: Double

  /// Ranks things by strength, the largest first.
  package init(_ strengths: [[Double]]) {
    precondition(
      Set(strengths.map(\.count)).count == 1, "\(strengths.map(\.count)) things by judge")
    var tied = 0.0
    ranks = strengths.map { strengths in
      let order = strengths.indices.sorted {
        (strengths[$1], $0) < (strengths[$0], $1)
      }
      var ranks = [Double](repeating: 0, count: strengths.count)
      var start = 0
      while start < order.count {
        var end = start + 1
        while end < order.count, strengths[order[end]] == strengths[order[start]] { end += 1 }
        for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
        let size = Double(end - start)
        tied += size * size * size - size
        start = end
      }
      return ranks
    }
    self.tied = tied
  }

  /// The mean of each thing's ranks.
  package var meanRanks: [Double] {
    ranks[0].indices.map { thing in
      ranks.reduce(0) { $0 + $1[thing] } / Double(ranks.count)
    }
  }

  /// Kendall's coefficient of concordance W, corrected for ties: 1 where all judges rank alike, about one over
  /// their number where they have nothing in common; nil where no judge tells things apart.
  package var concordance: Double? { concordance(of: ranks) }

  /// The same for ranks that were put in another order, which has the same ties.
  package func concordance(of ranks: [[Double]]) -> Double? {
    let judges = Double(ranks.count)
    let things = Double(ranks[0].count)
    let middle = judges * (things + 1) / 2
    var squares = 0.0
    for thing in ranks[0].indices {
      var sum = -middle
      for judge in ranks { sum += judge[thing] }
      squares += sum * sum
    }
    let possible = judges * judges * (things * things * things - things) - judges * tied
    return possible > 0 ? 12 * squares / possible : nil
  }
}
