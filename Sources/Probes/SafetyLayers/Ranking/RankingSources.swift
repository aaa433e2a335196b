import Inference

/// The results that layers are ranked by, as far as there are any.
public struct RankingSources: Sendable {
  /// Probes behind every layer; nil where folds could not be made.
  public var probes: LayerProbes?
  /// Of `plumb layers gap`.
  public var gap: LayerGap?
  /// Of `plumb layers search`.
  public var search: LayerSearch?
  /// Of `plumb layers patch`.
  public var patching: LayerPatching?
  /// Whether a refusal direction was looked for, and none found to attribute along.
  public var hasNoDirection: Bool

  /// Joins results.
  public init(
    probes: LayerProbes? = nil, gap: LayerGap? = nil, search: LayerSearch? = nil,
    patching: LayerPatching? = nil, hasNoDirection: Bool = false
  ) {
    self.probes = probes
    self.gap = gap
    self.search = search
    self.patching = patching
    self.hasNoDirection = hasNoDirection
  }
}

extension LayerRanking {
  /// Ranks layers by what several analyses say of them; a criterion that none of them has is named as missing.
  ///
  /// - Parameters:
  ///   - sources: the results, all of one model.
  ///   - layerCount: how many layers it has.
  ///   - options: how it is ranked.
  ///   - seed: fixes redraws and moves.
  public init(
    _ sources: RankingSources, layerCount: Int, options: RankingOptions = RankingOptions(),
    seed: UInt64
  ) {
    var criteria: [LayerCriterion] = []
    var missing: [MissingCriterion] = []
    func add(_ kind: CriterionKind, _ criterion: LayerCriterion?, isGiven: Bool) {
      if let criterion, criterion.layers.count == layerCount {
        criteria.append(criterion)
      } else {
        missing.append(MissingCriterion(kind, isGiven ? .nothingFound : .notGiven))
      }
    }
    let (probes, gap, search) = (sources.probes, sources.gap, sources.search)
    add(
      .probeGain, probes?.gains.map { LayerCriterion(.probeGain, $0) }, isGiven: true)
    add(
      .angleGap,
      gap.flatMap { gap in
        gap.curves.finding.range.map { LayerCriterion(.angleGap, gap.gaps, range: $0) }
      },
      isGiven: gap != nil)
    let attribution = sources.patching?.attribution?.found
    add(
      .attribution,
      attribution.flatMap {
        LayerCriterion(.attribution, $0.layers.map { ($0.layer, $0.contribution) })
      },
      isGiven: attribution != nil || sources.hasNoDirection)
    for (kind, part) in [
      (CriterionKind.denoise, \PatchLayer.denoise), (.noise, \PatchLayer.noise),
    ] {
      add(
        kind,
        sources.patching.flatMap {
          LayerCriterion(kind, $0.map.layers.map { ($0.layer, $0[keyPath: part].share) })
        }, isGiven: sources.patching != nil)
    }
    add(
      .scaling, search.flatMap { LayerCriterion($0, layerCount: layerCount) },
      isGiven: search != nil)
    self.init(
      criteria, missing: missing, probes: sources.probes, options: options, seed: seed)
  }
}

extension LayerCriterion {
  /// Takes figures of layers; nil where some layer has none.
  fileprivate init?(_ kind: CriterionKind, _ figures: [(layer: Int, estimate: Estimate)]) {
    let sorted = figures.sorted { $0.layer < $1.layer }
    guard !sorted.isEmpty, sorted.map(\.layer) == Array(sorted.indices) else { return nil }
    self.init(kind, sorted.map(\.estimate))
  }

  /// How surely each layer is in the range of a search: the share of draws of prompts in which the range ends at
  /// the layer or behind it, times the share in which it begins there or before; nil where nothing was found.
  ///
  /// Both bounds were drawn on their own, and one of the two shares is 1 wherever their windows do not overlap.
  fileprivate init?(_ search: LayerSearch, layerCount: Int) {
    guard let range = search.range, let upper = search.upper, let lower = search.lower else {
      return nil
    }
    let shares = (0..<layerCount).map { layer in
      let ends = zip(upper.counts, upper.support).filter { $0.0.range.last >= layer }
      let begins = zip(lower.counts, lower.support).filter { $0.0.range.first <= layer }
      let share = ends.reduce(0) { $0 + $1.1 } * begins.reduce(0) { $0 + $1.1 }
      return Estimate(value: share, low: share, high: share, draws: search.options.draws)
    }
    self.init(.scaling, shares, range: range)
  }
}
