package import Inference
import Kernels
import Synchronization
package import Tokenization

/// Components along a direction of what modules write at the last positions of prompts, from one pass.
package struct ProjectedModules: Sendable {
  /// What enters the first block, `[prompt][position]`.
  package let entering: [[Double]]
  /// What leaves the last block, `[prompt][position]`.
  package let leaving: [[Double]]
  /// What attention adds, `[layer][prompt][position]`.
  package let attention: [[[Double]]]
  /// What MLPs add, `[layer][prompt][position]`.
  package let mlp: [[[Double]]]
  /// What heads add, `[layer][head][prompt][position]`.
  package let heads: [[[[Double]]]]
  /// What the bias of each layer's output projection adds.
  package let biases: [Double]

  /// Takes prompts through a model.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prompts: what it reads.
  ///   - positions: how many last positions are looked at.
  ///   - unit: the direction.
  ///   - threads: how many threads compute.
  /// - Throws: `ModelFileError` where weights cannot be read.
  package init(
    _ decoder: Decoder, _ prompts: [TokenizedPrompt], positions: Int, along unit: [Float],
    threads: Int
  ) throws {
    let description = decoder.description
    let layers = 0..<description.layerCount
    let readouts = try layers.map { try decoder.headReadout(unit, layer: $0) }
    let stream = unit.map(Double.init)
    let (headCount, dHead) = (description.attention.headCount, description.attention.dHead)
    let last = description.layerCount - 1
    let sites =
      [HookSite(.residPre, layer: 0), HookSite(.residPost, layer: last)]
      + layers.flatMap { layer in
        [SiteKind.headOutput, .attentionOut, .mlpOut].map { HookSite($0, layer: layer) }
      }
    let empty = [[Double]](
      repeating: [Double](repeating: 0, count: positions), count: prompts.count)
    let found = Mutex(
      Dictionary(
        uniqueKeysWithValues: sites.map { site in
          (site, [[[Double]]](repeating: empty, count: site.kind == .headOutput ? headCount : 1))
        }))
    try PositionPass(
      decoder, prompts,
      positions: prompts.map { Array($0.ids.count - positions..<$0.ids.count) }, threads: threads
    ).run(sites) { site, prompt, place, values in
      let isHeads = site.kind == .headOutput
      let weights = isHeads ? readouts[site.layer ?? 0].weights : stream
      let width = isHeads ? dHead : values.count
      let parts = stride(from: 0, to: values.count, by: width).map { start in
        (start..<start + width).reduce(0.0) { $0 + weights[$1] * Double(values[$1]) }
      }
      found.withLock { found in
        for (part, value) in parts.enumerated() { found[site]?[part][prompt][place] = value }
      }
    }
    let components = found.withLock { $0 }
    func whole(_ kind: SiteKind, _ layer: Int) -> [[Double]] {
      components[HookSite(kind, layer: layer)]?.first ?? empty
    }
    entering = whole(.residPre, 0)
    leaving = whole(.residPost, last)
    attention = layers.map { whole(.attentionOut, $0) }
    mlp = layers.map { whole(.mlpOut, $0) }
    heads = layers.map { components[HookSite(.headOutput, layer: $0)] ?? [] }
    biases = readouts.map(\.bias)
  }

  /// The largest difference between what leaves the last block and what was added up, as a share of the root
  /// mean square of the former.
  package var identityError: Double {
    var (largest, square, count) = (0.0, 0.0, 0.0)
    for prompt in leaving.indices {
      for place in leaving[prompt].indices {
        let sum = attention.indices.reduce(entering[prompt][place]) {
          $0 + attention[$1][prompt][place] + mlp[$1][prompt][place]
        }
        largest = max(largest, abs(sum - leaving[prompt][place]))
        square += leaving[prompt][place] * leaving[prompt][place]
        count += 1
      }
    }
    return square == 0 ? 0 : largest / (square / count).squareRoot()
  }
}
