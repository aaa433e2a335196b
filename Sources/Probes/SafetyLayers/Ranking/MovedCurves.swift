import Inference

/// Curves over the depth moved along it, and turned round: what agreement is worth where it is by chance.
///
/// Neighbouring layers have like figures, so any two smooth curves agree or disagree more than shuffled ones; a
/// curve that is moved keeps its smoothness and loses its place. What leaves at the end comes in at the start.
package enum MovedCurves {
  /// How often one curve agrees with another as well as it does where it is, over all moves of it.
  package static func chance(of tau: Double, _ one: [Double], _ other: [Double]) -> Double {
    let moves = (0..<one.count).flatMap { shift in
      [false, true].map { moved(one, by: shift, isTurned: $0) }
    }
    let asWell = moves.count { move in
      // Where the curve is, the same sum is made in the same order.
      kendallTau(move, other).map { $0 >= tau } ?? false
    }
    return Double(asWell) / Double(moves.count)
  }

  /// A curve moved along the depth.
  package static func moved(_ curve: [Double], by shift: Int, isTurned: Bool) -> [Double] {
    let turned = isTurned ? curve.reversed() : curve
    return Array(turned[shift...] + turned[..<shift])
  }
}

extension Concordance {
  /// Measures how criteria agree, beside moved curves; nil with fewer than two criteria.
  init?(_ criteria: [LayerCriterion], moves: Int, seed: UInt64) {
    guard criteria.count > 1 else { return nil }
    let table = RankTable(criteria.map(\.strengths))
    guard let found = table.concordance else { return nil }
    var generator = SeededGenerator(seed: seed, stream: .rankMoves)
    var sum = 0.0
    var asLarge = 0
    for _ in 0..<moves {
      let moved = table.ranks.map { ranks in
        let shift = generator.below(ranks.count)
        return MovedCurves.moved(ranks, by: shift, isTurned: generator.below(2) == 1)
      }
      // Moved ranks have the same ties, so there is a figure wherever there was one.
      let value = table.concordance(of: moved) ?? found
      sum += value
      if value >= found { asLarge += 1 }
    }
    value = found
    self.moved = sum / Double(moves)
    chance = Double(1 + asLarge) / Double(1 + moves)
  }
}
