package import Inference
package import Kernels
import Tokenization

extension ModelChecks {
  /// How far the vectors of harmful prompts turn away from those of harmless ones, block by block.
  ///
  /// One pass over the prompts drawn, another with the control model, and one over harmless prompts for null
  /// splits.
  ///
  /// - Parameters:
  ///   - options: how it is measured.
  ///   - control: the same prompts, token for token, with another model.
  ///   - nullSplits: random halves of the harmless prompts to try the rule on.
  /// - Returns: curves with intervals, and the range where the gap opens.
  /// - Throws: `ModelFileError` where weights cannot be read.
  public func layerGap(
    _ options: GapOptions = GapOptions(), control: ModelChecks? = nil, nullSplits: Int = 0
  ) throws -> LayerGap {
    let prompts = GapPrompts(self, perClass: options.promptsPerClass)
    let measure = GapMeasure(prompts, options, seed: seed)
    let blocks = (0..<decoder.description.layerCount).map { HookSite(.residPost, layer: $0) }
    let streams = try lastRows(of: prompts.places, at: blocks)
    let (curves, swapped, oneSet) = try measure.measure(streams, threads: threads)
    let controlStreams = try control.map { control in
      try control.lastRows(
        of: prompts.places,
        at: (0..<control.decoder.description.layerCount).map { HookSite(.residPost, layer: $0) })
    }
    let controlCurves = try controlStreams.map {
      try measure.measure($0, threads: threads).curves
    }
    let changes = try controlStreams.flatMap { other in
      other.count == streams.count
        ? try measure.changes(to: streams, from: other, threads: threads) : nil
    }
    let splits = try nullSplits == 0 ? nil : self.nullSplits(nullSplits, options, at: blocks)
    return LayerGap(
      options: options, harmless: prompts.harmlessCount, harmful: prompts.harmfulCount,
      counterparts: prompts.counterparts.count, places: prompts.places, pairs: measure.pairs,
      endsAlike: Set(prompts.places.map { tokens[$0].ids.last }).count == 1, curves: curves,
      swapped: swapped, oneSet: oneSet, control: controlCurves, changes: changes,
      nullSplits: splits)
  }

  private func nullSplits(
    _ count: Int, _ options: GapOptions, at blocks: [HookSite]
  ) throws -> NullSplits {
    let harmless = sample(ofClass: 0, count: 2 * options.promptsPerClass, stream: .gapPrompts)
    return try NullSplits(
      lastRows(of: harmless, at: blocks), count: count, options, seed: seed, threads: threads)
  }

  /// The rows of some sites at the last position of some prompts, from one pass.
  ///
  /// - Parameters:
  ///   - places: the prompts, by their place.
  ///   - sites: sites of one width.
  /// - Returns: for each site `[prompt, width]`, in the order of the places.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package func lastRows(of places: [Int], at sites: [HookSite]) throws -> [SharedRows] {
    let chosen = places.map { tokens[$0] }
    let found = sites.map { site in
      SharedRows(
        count: places.count, width: site.kind.width(in: decoder.description) ?? 0)
    }
    let pass = LayerMajorPass(decoder, sites: sites, threads: threads)
    for batch in PromptBatch.batches(chosen, lengths: chosen.map(\.ids.count), for: decoder) {
      let prompts = batch.endings
      let hooks = PassHooks { rows in
        zip(sites, found).map { site, found in
          RowReader(site, rows: rows) { row, values in
            for prompt in prompts[row] ?? [] { found.set(prompt, to: values) }
          }
        }
      }
      _ = try pass.run(batch.layout, wanted: prompts.keys.sorted(), observer: hooks)
    }
    return found
  }
}
