extension LayerRanking {
  /// Ranks layers by what criteria say of them.
  ///
  /// - Parameters:
  ///   - criteria: each with a figure for every layer.
  ///   - missing: criteria without figures.
  ///   - probes: the probes behind the gain.
  ///   - options: how it is ranked.
  ///   - seed: fixes redraws and moves.
  package init(
    _ criteria: [LayerCriterion], missing: [MissingCriterion], probes: LayerProbes? = nil,
    options: RankingOptions = RankingOptions(), seed: UInt64
  ) {
    precondition(
      Set(criteria.map(\.layers.count)).count <= 1,
      "criteria of \(criteria.map(\.layers.count)) layers")
    let flat = criteria.filter(\.isFlat).map { MissingCriterion($0.kind, .flat) }
    let criteria = Self.inOrder(criteria.filter { !$0.isFlat }, \.kind)
    self.options = options
    self.criteria = criteria
    self.missing = Self.inOrder(missing + flat, \.kind)
    self.probes = probes
    let redraws = RankRedraws(criteria, count: options.redraws, seed: seed)
    let agreements = Self.agreements(criteria, redraws)
    self.agreements = agreements
    concordance = Concordance(criteria, moves: options.moves, seed: seed)
    layers = redraws.layers(top: options.top)
    if criteria.count < Self.leastCriteria {
      outcome = .tooFewCriteria
      apart = []
    } else if criteria[0].layers.count < Self.leastLayers {
      outcome = .tooFewLayers
      apart = []
    } else {
      // Two camps that each agree within make W large, too; they make few pairs that agree.
      let isBeyondChance = concordance.map { $0.chance <= Self.level } ?? false
      let holding = agreements.count(where: \.holds)
      outcome = isBeyondChance && 2 * holding >= agreements.count ? .agree : .disagree
      apart = criteria.map(\.kind).filter { kind in
        let own = agreements.filter { $0.one == kind || $0.other == kind }
        return 2 * own.count(where: \.holds) < own.count
      }
    }
  }

  private static func agreements(
    _ criteria: [LayerCriterion], _ redraws: RankRedraws
  ) -> [RankAgreement] {
    criteria.indices.flatMap { second in
      (0..<second).compactMap { first in
        let (one, other) = (criteria[first].strengths, criteria[second].strengths)
        guard let tau = kendallTau(one, other) else { return nil }
        return RankAgreement(
          criteria[first].kind, criteria[second].kind,
          tau: redraws.tau(first, second, value: tau),
          chance: MovedCurves.chance(of: tau, one, other))
      }
    }
  }

  private static func inOrder<Element>(
    _ elements: [Element], _ kind: (Element) -> CriterionKind
  ) -> [Element] {
    CriterionKind.allCases.flatMap { wanted in elements.filter { kind($0) == wanted } }
  }
}
