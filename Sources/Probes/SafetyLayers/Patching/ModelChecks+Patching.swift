public import Inference
import Tokenization

extension ModelChecks {
  /// Patches activations between the two prompts of pairs, both ways, at what enters every block and at what
  /// its attention and MLP add, at the last positions, which hold the same tokens in every prompt.
  ///
  /// Of each patched run only the rows from the patched one on are computed, in the blocks from its block on.
  ///
  /// - Parameters:
  ///   - refusal: the first tokens of refusals, and what every reply begins with before them.
  ///   - parts: the part of the data that each prompt is for; pairs are of the part to report on.
  ///   - options: how many pairs and draws.
  ///   - screen: the same model, to compare gradient times difference with patching; nil for none.
  ///   - onProgress: called with the layers done and their number.
  /// - Returns: the map, without places where there are too few pairs.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func patchMap(
    _ refusal: RefusalOpening, parts: [PromptPart], _ options: PatchOptions = PatchOptions(),
    screen: TrainableDecoder? = nil,
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> PatchMap {
    let found = patchPairs(indices(of: .test, parts))
    let logOdds = try restricted(to: found.flatMap { [$0.refused, $0.answered] })
      .refusalLogOdds(refusal)
    let contrasting = found.indices.filter { pair in
      let (refused, answered) = (logOdds[2 * pair], logOdds[2 * pair + 1])
      return refused > 0 && answered < 0 && refused - answered >= options.leastContrast
    }
    let drawn = try restricted(to: contrasting.map { found[$0].refused })
      .sample(ofClass: 1, count: options.pairs, stream: .patchPairs)
    let pairs = drawn.map { found[contrasting[$0]] }
    let tail = TailPositions(
      tokens.map { $0.followed(by: refusal.prefix) }, replyCount: refusal.prefix.count)
    func map(
      cells: [PatchCell] = [], contrast: Estimate? = nil, critical: PatchCritical? = nil,
      screen: ScreenAgreement? = nil
    ) -> PatchMap {
      PatchMap(
        options: options, pairsFound: found.count, pairsWithContrast: contrasting.count,
        usedPairs: pairs.map { [$0.refused, $0.answered] },
        groups: Clusters(pairs.map { prompts[$0.refused] }).count,
        contrast: contrast, positions: tail.names, cells: cells, critical: critical,
        layers: PatchLayer.best(of: cells), screen: screen)
    }
    if pairs.count < PatchMap.leastPairs { return map() }

    let runs = try PatchRuns(
      decoder,
      pairs.map {
        PatchPair(
          refused: tokens[$0.refused].followed(by: refusal.prefix),
          answered: tokens[$0.answered].followed(by: refusal.prefix))
      }, positions: tail.count, tokens: refusal.tokens, screen: screen, threads: threads,
      onProgress: onProgress)
    let shares = PatchShares(runs)
    let critical = shares.critical(draws: options.swaps, seed: seed)
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(indices: Array(pairs.indices)), draws: options.draws, seed: seed)
    let cells = runs.places.indices.compactMap { index -> PatchCell? in
      let place = runs.places[index]
      let isScreened = screen != nil
      guard
        let denoise = PatchEffect(
          shares.denoise[index], screened: isScreened ? shares.screenedDenoise[index] : nil,
          critical: critical.denoise, bootstrap),
        let noise = PatchEffect(
          shares.noise[index], screened: isScreened ? shares.screenedNoise[index] : nil,
          critical: critical.noise, bootstrap)
      else { return nil }
      return PatchCell(
        layer: place.layer, site: place.site, position: tail.name(at: place.offset),
        denoise: denoise, noise: noise)
    }
    return map(
      cells: cells, contrast: bootstrap.mean(zip(runs.refused, runs.answered).map { $0 - $1 }),
      critical: critical, screen: screen.map { _ in ScreenAgreement(shares, bootstrap) })
  }

  /// Pairs of one prompt of each class, among some prompts.
  private func patchPairs(_ members: [Int]) -> [(refused: Int, answered: Int)] {
    let pairs = ContrastPairs(members.map { prompts[$0] }, seed: seed)
    return zip(pairs.rows, pairs.labels).map { rows, label in
      let (first, second) = (members[rows[0]], members[rows[1]])
      return label == 1 ? (first, second) : (second, first)
    }
  }
}

extension PatchLayer {
  /// The best place of each layer among its attention's and its MLP's.
  fileprivate static func best(of cells: [PatchCell]) -> [PatchLayer] {
    Set(cells.map(\.layer)).sorted().compactMap { layer in
      let ofLayer = cells.filter { $0.layer == layer && $0.site.isModule }
      func best(_ effect: KeyPath<PatchCell, PatchEffect>) -> Best? {
        ofLayer.max { $0[keyPath: effect].share.value < $1[keyPath: effect].share.value }.map {
          Best(site: $0.site, position: $0.position, share: $0[keyPath: effect].share)
        }
      }
      guard let denoise = best(\.denoise), let noise = best(\.noise) else { return nil }
      return PatchLayer(layer: layer, denoise: denoise, noise: noise)
    }
  }
}
