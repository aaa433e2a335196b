import Inference
import Probes
import Testing

/// A criterion whose curve is known, seen through noise.
func planted(
  _ kind: CriterionKind, layers: Int = 30, noise: Double, _ generator: inout TestGenerator,
  _ curve: (Double) -> Double
) -> LayerCriterion {
  let figures = (0..<layers).map { layer in
    let value = curve(Double(layer)) + noise * generator.normal()
    return Estimate(
      value: value, low: value - 1.96 * noise, high: value + 1.96 * noise, draws: 1000)
  }
  return LayerCriterion(kind, figures)
}

/// A hill around a layer.
func hill(at center: Double, width: Double = 4) -> (Double) -> Double {
  { layer in 1 / (1 + (layer - center) * (layer - center) / (width * width)) }
}

@Suite("Ranking of layers")
struct RankingTests {
  struct Golden: Decodable {
    let pairs: [Pair]
    let tables: [Table]
  }
  struct Pair: Decodable {
    let one: [Double]
    let other: [Double]
    let tau: Double
  }
  struct Table: Decodable {
    let strengths: [[Double]]
    let concordance: Double
  }

  /// Few draws, since tests look at many tables.
  static let options = RankingOptions(redraws: 200, moves: 400)

  @Test("correlations and concordance are SciPy's, ties included")
  func sciPy() throws {
    let golden = try golden("rankings.json", as: Golden.self)
    for pair in golden.pairs {
      let tau = try #require(kendallTau(pair.one, pair.other))
      expectClose(tau, pair.tau, within: Tolerance.rounding, scale: 1, "tau")
    }
    for table in golden.tables {
      let concordance = try #require(RankTable(table.strengths).concordance)
      expectClose(concordance, table.concordance, within: Tolerance.rounding, scale: 1, "W")
    }
  }

  @Test("a side of one value has no correlation, and judges who tell nothing apart no concordance")
  func constant() {
    #expect(kendallTau([1, 1, 1], [1, 2, 3]) == nil)
    #expect(RankTable([[2, 2], [5, 5]]).concordance == nil)
    #expect(RankTable([[3, 1, 1], [9, 5, 7]]).ranks == [[1, 2.5, 2.5], [1, 3, 2]])
  }

  @Test("criteria that rank alike agree")
  func agreeing() {
    for seed in 0..<20 as Range<UInt64> {
      var generator = TestGenerator(seed)
      let criteria = CriterionKind.allCases.map { kind in
        planted(kind, noise: 0.03, &generator, hill(at: 12))
      }
      let ranking = LayerRanking(criteria, missing: [], options: Self.options, seed: seed)
      #expect(ranking.outcome == .agree, "seed \(seed)")
      #expect(ranking.apart.isEmpty, "seed \(seed)")
      #expect(ranking.consensus[0].layer == 12, "seed \(seed)")
      #expect(ranking.layers[12].support > 0.95, "seed \(seed)")
      #expect(ranking.layers[29].support < 0.05, "seed \(seed)")
      #expect(criteria.allSatisfy { $0.range?.contains(12) == true })
    }
  }

  @Test("criteria in two camps disagree, though each camp agrees in itself")
  func disagreeing() {
    for seed in 0..<20 as Range<UInt64> {
      var generator = TestGenerator(seed)
      let criteria = CriterionKind.allCases.enumerated().map { index, kind in
        planted(kind, noise: 0.03, &generator, hill(at: index < 3 ? 6 : 22))
      }
      let ranking = LayerRanking(criteria, missing: [], options: Self.options, seed: seed)
      #expect(ranking.outcome == .disagree, "seed \(seed)")
      let within = ranking.agreements.filter {
        ($0.one == .probeGain || $0.one == .angleGap) && $0.other == .attribution
      }
      #expect(within.allSatisfy { $0.holds }, "seed \(seed)")
    }
  }

  @Test("one criterion of noise stands apart and does not undo the agreement of the others")
  func oneOfNoise() {
    var (agreeing, named) = (0, 0)
    for seed in 0..<50 as Range<UInt64> {
      var generator = TestGenerator(seed)
      let criteria = CriterionKind.allCases.map { kind in
        planted(
          kind, noise: kind == .attribution ? 1 : 0.03, &generator,
          kind == .attribution ? { _ in 0 } : hill(at: 12))
      }
      let ranking = LayerRanking(criteria, missing: [], options: Self.options, seed: seed)
      if ranking.outcome == .agree { agreeing += 1 }
      if ranking.apart == [.attribution] { named += 1 }
    }
    #expect(agreeing >= 48)
    #expect(named >= 45)
  }

  @Test("curves of chance are taken for agreement in at most 5 % of tables", arguments: [0.0, 0.8])
  func nullTables(smoothness: Double) {
    var agreeing = 0
    for seed in 0..<200 as Range<UInt64> {
      var generator = TestGenerator(seed)
      let criteria = CriterionKind.allCases.map { kind in
        var level = generator.normal()
        let figures = (0..<30).map { _ in
          level = smoothness * level + generator.normal()
          return Estimate(value: level, low: level - 0.1, high: level + 0.1, draws: 1000)
        }
        return LayerCriterion(kind, figures)
      }
      let ranking = LayerRanking(
        criteria, missing: [], options: RankingOptions(redraws: 40, moves: 100), seed: seed)
      if ranking.outcome == .agree { agreeing += 1 }
    }
    #expect(agreeing <= 10, "\(agreeing) of 200 tables")
  }

  @Test("moved curves that are smooth agree by chance about as often as is said")
  func movedCurves() {
    var exceptional = 0
    for seed in 0..<200 as Range<UInt64> {
      var generator = TestGenerator(seed)
      let curves = (0..<2).map { _ in
        // On a circle, where every move is as likely as none.
        let (phase, height) = (generator.uniform(), generator.uniform())
        return (0..<30).map { layer in
          hill(at: 0, width: 5)(
            min(Double((layer + Int(30 * phase)) % 30), 30 - Double((layer + Int(30 * phase)) % 30))
          )
            + 0.2 * height * generator.normal()
        }
      }
      if let tau = kendallTau(curves[0], curves[1]),
        MovedCurves.chance(of: tau, curves[0], curves[1]) <= 0.05
      {
        exceptional += 1
      }
    }
    // 200 draws at 5 %: 3 to 20 but for one time in a hundred.
    #expect((3...20).contains(exceptional), "\(exceptional) of 200 pairs")
  }

  @Test(
    "equal figures share their rank, and a criterion that says one thing of all layers is missing")
  func ties() {
    var generator = TestGenerator(3)
    let steps = (0..<30).map { layer in
      let inside: Double = (10...14).contains(layer) ? 1 : 0
      return Estimate(value: inside, low: inside, high: inside, draws: 0)
    }
    let flat = [Estimate](repeating: Estimate(value: 2, low: 1, high: 3, draws: 9), count: 30)
    let criteria = [
      LayerCriterion(.scaling, steps, range: LayerRange(first: 10, last: 14)),
      LayerCriterion(.noise, flat),
      planted(.denoise, noise: 0.01, &generator, hill(at: 12)),
      planted(.angleGap, noise: 0.01, &generator, hill(at: 12)),
    ]
    let ranking = LayerRanking(
      criteria, missing: [MissingCriterion(.probeGain, .notGiven)], options: Self.options, seed: 0)
    #expect(ranking.criteria.map(\.kind) == [.angleGap, .denoise, .scaling])
    #expect(
      ranking.missing == [MissingCriterion(.probeGain, .notGiven), MissingCriterion(.noise, .flat)])
    #expect(ranking.layers[10].ranks[2] == 3)
    #expect(ranking.layers[0].ranks[2] == 18)
    #expect(ranking.outcome == .agree)
  }

  @Test("too few criteria, or too few layers, say nothing")
  func tooFew() {
    var generator = TestGenerator(4)
    func criteria(_ kinds: [CriterionKind], layers: Int) -> [LayerCriterion] {
      kinds.map { planted($0, layers: layers, noise: 0.01, &generator, hill(at: 2)) }
    }
    let two = LayerRanking(
      criteria([.denoise, .noise], layers: 30), missing: [], options: Self.options, seed: 0)
    #expect(two.outcome == .tooFewCriteria)
    #expect(two.agreements.count == 1)
    let shallow = LayerRanking(
      criteria(CriterionKind.allCases, layers: 4), missing: [], options: Self.options, seed: 0)
    #expect(shallow.outcome == .tooFewLayers)
    let none = LayerRanking([], missing: [], options: Self.options, seed: 0)
    #expect(none.outcome == .tooFewCriteria)
    #expect(none.layers.isEmpty)
    #expect(none.concordance == nil)
  }

  @Test("the same seed gives the same ranking, another one nearly the same")
  func seeds() {
    var generator = TestGenerator(5)
    let criteria = CriterionKind.allCases.map {
      planted($0, noise: 0.1, &generator, hill(at: 12))
    }
    let rankings = [0, 0, 1].map {
      LayerRanking(criteria, missing: [], options: Self.options, seed: $0)
    }
    #expect(rankings[0] == rankings[1])
    #expect(rankings[0] != rankings[2])
    #expect(rankings[0].consensus.map(\.layer) == rankings[2].consensus.map(\.layer))
  }
}
