package import Inference
import Kernels
package import Tokenization

/// Prompts whose refusal log-odds can be measured again and again with one site changed at every position.
///
/// Only blocks from the site's on are computed again.
package struct InterventionBench {
  /// R of each prompt as it is.
  package let unchanged: [Double]
  /// Median over prompts of the norm of the site's row at the last position.
  package let medianNorm: Double

  private let pass: LayerMajorPass
  private let batches: [(batch: PromptBatch, start: PassStart)]
  private let site: HookSite
  private let tokens: RefusalTokens

  /// Runs the prompts, at least one, once as they are.
  package init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], site: HookSite, tokens: RefusalTokens,
    threads: Int
  ) throws {
    let description = decoder.description
    let site = site.asEntry(layerCount: description.layerCount)
    let layer = site.layer ?? description.layerCount - 1
    let pass = LayerMajorPass(decoder, sites: [HookSite(.logits)], threads: threads)
    var unchanged: [Double] = []
    var norms: [Double] = []
    var batches: [(PromptBatch, PassStart)] = []
    for batch in PromptBatch.batches(prompts, lengths: prompts.map(\.ids.count), for: decoder) {
      let entering = SharedRows(count: batch.layout.rowCount, width: description.dModel)
      let lastNorms = LastRowValues<Double>(batch)
      unchanged += try batch.logOdds(pass, tokens) { rows in
        [
          RowReader(HookSite(.residPre, layer: layer), rows: rows) { entering.set($0, to: $1) },
          lastNorms.reader(site, rows: rows) { $1.norm },
        ]
      }
      norms += lastNorms.values
      batches.append((batch, PassStart(layer: layer, residual: entering)))
    }
    guard let median = MedianNorm.median(of: norms) else {
      preconditionFailure("no prompt to change")
    }
    self.unchanged = unchanged
    self.batches = batches
    self.pass = pass
    self.site = site
    self.tokens = tokens
    medianNorm = median
  }

  /// How an operation at the site, at every position, changes R of each prompt.
  package func changes(_ operation: Intervention.Operation) throws -> [Double] {
    let layers = [site.layer].compactMap(\.self)
    let changed = try batches.flatMap { batch, start in
      try batch.logOdds(pass, tokens, from: start) { [kind = site.kind] _ in
        [Intervention(operation, at: kind, layers: layers)]
      }
    }
    return zip(changed, unchanged).map { $0 - $1 }
  }
}

extension HookSite {
  /// The same stream where it enters a block, so that the block before need not run again; other sites as
  /// they are.
  fileprivate func asEntry(layerCount: Int) -> HookSite {
    if kind == .embed { return HookSite(.residPre, layer: 0) }
    guard kind == .residPost, let layer, layer + 1 < layerCount else { return self }
    return HookSite(.residPre, layer: layer + 1)
  }
}

extension Span<Float> {
  /// The Euclidean norm.
  fileprivate var norm: Double {
    indices.reduce(0.0) { $0 + Double(self[$1]) * Double(self[$1]) }.squareRoot()
  }
}
