package import Inference
import Kernels
import Synchronization
package import Tokenization

/// Two prompts between which activations are patched.
package struct PatchPair: Sendable {
  /// The refused prompt.
  package let refused: TokenizedPrompt
  /// The answered prompt.
  package let answered: TokenizedPrompt

  /// Joins a pair.
  package init(refused: TokenizedPrompt, answered: TokenizedPrompt) {
    self.refused = refused
    self.answered = answered
  }
}

/// A place that is patched.
package struct PatchPlace: Sendable, Hashable {
  /// The block.
  package let layer: Int
  /// What enters it, or what its attention or MLP adds.
  package let site: PatchedSite
  /// The position, -1 being the last.
  package let offset: Int

  /// Names a place.
  package init(layer: Int, site: PatchedSite, offset: Int) {
    self.layer = layer
    self.site = site
    self.offset = offset
  }
}

/// R with places patched, for every pair.
package struct PatchRuns: Sendable {
  /// The places, layer by layer.
  package let places: [PatchPlace]
  /// R of the refused prompts as they are.
  package private(set) var refused: [Double] = []
  /// R of the answered prompts as they are.
  package private(set) var answered: [Double] = []
  /// R of the answered prompts with the refused ones' activation, `[place][pair]`.
  package private(set) var denoised: [[Double]]
  /// R of the refused prompts with the answered ones' activation, `[place][pair]`.
  package private(set) var noised: [[Double]]
  /// What gradient times difference makes of the change of R, by place and pair; empty where gradients were not
  /// taken.
  package private(set) var screenedDenoise: [[Double]] = []
  /// The same of noising.
  package private(set) var screenedNoise: [[Double]] = []

  /// Pairs whose ends are kept at a time.
  private static let pairsAtOnce = 16

  /// Patches every place of every pair, both ways.
  ///
  /// - Parameters:
  ///   - decoder: the model, loaded with its head.
  ///   - pairs: the pairs.
  ///   - positions: how many last positions are patched; each prompt has as many.
  ///   - tokens: the first tokens of refusals.
  ///   - screen: the same model, to take gradients of; nil for none.
  ///   - threads: how many threads compute.
  ///   - onProgress: called with the layers done, of all groups of pairs, and their number.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package init(
    _ decoder: Decoder, _ pairs: [PatchPair], positions: Int, tokens: RefusalTokens,
    screen: TrainableDecoder? = nil, threads: Int,
    onProgress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws {
    let layerCount = decoder.description.layerCount
    places = (0..<layerCount).flatMap { layer in
      PatchedSite.allCases.flatMap { site in
        (-positions..<0).map { PatchPlace(layer: layer, site: site, offset: $0) }
      }
    }
    denoised = places.map { _ in [] }
    noised = denoised
    if screen != nil { (screenedDenoise, screenedNoise) = (denoised, denoised) }
    let starts = Array(stride(from: 0, to: pairs.count, by: Self.pairsAtOnce))
    for (group, start) in starts.enumerated() {
      let some = pairs[start..<min(start + Self.pairsAtOnce, pairs.count)]
      let logOdds = Mutex([Double](repeating: 0, count: 2 * some.count))
      // Even sequences are refused, odd ones answered.
      let kept = try KeptSequences(
        decoder, some.flatMap { [$0.refused, $0.answered] }, positions: positions,
        threads: threads
      ) { sequence, logits in
        let value = tokens.logOdds(logits)
        logOdds.withLock { $0[sequence] = value }
      }
      let base = logOdds.withLock { $0 }
      refused += stride(from: 0, to: base.count, by: 2).map { base[$0] }
      answered += stride(from: 1, to: base.count, by: 2).map { base[$0] }
      let pass = SuffixPass(decoder, kept, threads: threads)
      for layer in 0..<layerCount {
        try patch(kept, pass, layer: layer, tokens)
        onProgress(group * layerCount + layer + 1, starts.count * layerCount)
      }
      if let screen {
        let screened = try GradientScreen(screen, kept, tokens: tokens).changes(places)
        for place in places.indices {
          for sequence in base.indices {
            let value = screened[sequence][place]
            if sequence % 2 == 1 {
              screenedDenoise[place].append(value)
            } else {
              screenedNoise[place].append(value)
            }
          }
        }
      }
    }
  }

  /// Patches the places of one layer.
  private mutating func patch(
    _ kept: KeptSequences, _ pass: SuffixPass, layer: Int, _ tokens: RefusalTokens
  ) throws {
    let ofLayer = places.indices.filter { places[$0].layer == layer }
    let runs = ofLayer.flatMap { index in
      kept.prompts.indices.map { sequence in
        let place = places[index]
        return SuffixRun(
          sequence: sequence,
          [
            SuffixRun.Replacement(
              place.site.kind, offset: place.offset,
              values: kept.row(
                place.site.kind, layer: layer, sequence: sequence.counterpart, offset: place.offset)
            )
          ])
      }
    }
    let found = Mutex([Double](repeating: 0, count: runs.count))
    try pass.run(runs, from: layer) { run, logits in
      let value = tokens.logOdds(logits)
      found.withLock { $0[run] = value }
    }
    let values = found.withLock { $0 }
    for (order, index) in ofLayer.enumerated() {
      for sequence in kept.prompts.indices {
        let value = values[order * kept.prompts.count + sequence]
        if sequence % 2 == 1 { denoised[index].append(value) } else { noised[index].append(value) }
      }
    }
  }
}

extension Int {
  /// The other sequence of a pair, where pairs follow one another.
  var counterpart: Int { self ^ 1 }
}
