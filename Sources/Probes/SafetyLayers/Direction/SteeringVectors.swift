import Inference
import Kernels
import Tokenization

/// Unit vectors from harmless to harmful prompts in the streams that leave some layers, with the streams' median
/// norms as their unit of strength.
struct SteeringVectors: Sendable {
  private let layers: Range<Int>
  /// `[layer][component]`, as long as the median norm.
  private let vectors: [[Float]]
  private let prefixCount: Int

  /// Takes differences of class means at the last position.
  init(_ anchors: ModelChecks, _ refusal: RefusalOpening, layers: Range<Int>) throws {
    let prompts = anchors.tokens.map { $0.followed(by: refusal.prefix) }
    let width = anchors.decoder.description.dModel
    let rows = layers.map { _ in SharedRows(count: prompts.count, width: width) }
    try PositionPass(
      anchors.decoder, prompts, positions: prompts.map { [$0.ids.count - 1] },
      threads: anchors.threads
    ).run(layers.map { HookSite(.residPost, layer: $0) }) { site, prompt, _, values in
      rows[(site.layer ?? 0) - layers.lowerBound].set(prompt, to: values)
    }
    self.layers = layers
    prefixCount = refusal.prefix.count
    let labels = anchors.prompts.map(\.label)
    vectors = rows.map { rows in
      let norms = (0..<rows.count).map { row in
        let values = rows[rows: row..<row + 1]
        return values.indices.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }
          .squareRoot()
      }
      let difference = DirectionRows(rows, labels: labels).difference
      let length = difference.norm
      let unit = length > 0 ? (MedianNorm.median(of: norms) ?? 0) / length : 0
      return difference.map { Float($0 * unit) }
    }
  }

  /// The first position that is steered: the end of the instruction.
  ///
  /// - Parameters:
  ///   - prompt: the prompt, with or without a reply behind it.
  ///   - start: where the reply begins.
  /// - Returns: the position.
  func firstPosition(of prompt: TokenizedPrompt, start: Int) -> Int {
    TokenizedPrompt(ids: Array(prompt.ids[..<start]), roles: Array(prompt.roles[..<start]))
      .instructionEnd
  }

  /// Steers some rows of a batch.
  ///
  /// - Parameters:
  ///   - positions: the rows.
  ///   - strength: how strongly, in median norms; below zero away from refusal.
  /// - Returns: the hooks.
  func hooks(positions: Range<Int>, signed strength: Double) -> [any ActivationHook] {
    hooks(strengths: Dictionary(uniqueKeysWithValues: positions.map { ($0, Float(strength)) }))
  }

  /// Steers rows of a batch, each as strongly as said.
  func hooks(strengths: [Int: Float]) -> [any ActivationHook] {
    [RowAddition(layers: layers, vectors: vectors, strengths: strengths)]
  }
}

/// Adds each layer's vector to rows of a batch that leave the layer.
private final class RowAddition: ActivationHook {
  let sites: [HookSite]
  private let layers: Range<Int>
  private let vectors: [[Float]]
  private let strengths: [(row: Int, strength: Float)]

  init(layers: Range<Int>, vectors: [[Float]], strengths: [Int: Float]) {
    sites = layers.map { HookSite(.residPost, layer: $0) }
    self.layers = layers
    self.vectors = vectors
    self.strengths = strengths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    guard let layer = site.layer else { return }
    let vector = vectors[layer - layers.lowerBound]
    for (row, strength) in strengths {
      var values = activation.values._mutatingExtracting(
        row * activation.width..<(row + 1) * activation.width)
      addScaled(vector.span, scale: strength, to: &values)
    }
  }
}

/// Prompts whose refusal is measured with each of them steered in its own way.
struct SteeringBench {
  let checks: ModelChecks
  let refusal: RefusalOpening
  let vectors: SteeringVectors

  /// R of every prompt.
  ///
  /// - Parameters:
  ///   - signs: for each prompt, 1 towards refusal, -1 away from it, 0 not at all.
  ///   - strength: how strongly, in median norms.
  /// - Returns: R, one for each prompt.
  /// - Throws: `ModelFileError` where weights cannot be read.
  func logOdds(signs: [Double], strength: Double) throws -> [Double] {
    let prompts = checks.tokens.map { $0.followed(by: refusal.prefix) }
    let pass = LayerMajorPass(checks.decoder, sites: [HookSite(.logits)], threads: checks.threads)
    return try PromptBatch.batches(
      prompts, lengths: prompts.map(\.ids.count), for: checks.decoder, sharing: false
    ).flatMap { batch in
      var strengths: [Int: Float] = [:]
      for prompt in batch.prompts where signs[prompt] != 0 {
        for position in checks.tokens[prompt].instructionEnd..<prompts[prompt].ids.count {
          let row = batch.layout.row(
            ofSequence: prompt - batch.prompts.lowerBound, position: position)
          strengths[row] = Float(signs[prompt] * strength)
        }
      }
      return try batch.logOdds(pass, refusal.tokens) { [vectors, strengths] rows in
        let places = rows.enumerated().compactMap { place, row in
          strengths[row].map { (place, $0) }
        }
        return vectors.hooks(strengths: Dictionary(uniqueKeysWithValues: places))
      }
    }
  }
}
