import Foundation
import Inference
import Kernels
import Tokenization

/// Gradient times difference: what a first-order expansion makes of patching, from one pass forward and back.
///
/// Nanda, "Attribution patching", 2023; a screen, since what it leaves out is anything but small.
struct GradientScreen {
  private let decoder: TrainableDecoder
  private let kept: KeptSequences
  private let tokens: RefusalTokens

  /// Sequences that go through the model together; a backward pass keeps much of each.
  private static let sequencesAtOnce = 8

  /// Prepares to screen sequences, of which each two follow one another as a pair.
  init(_ decoder: TrainableDecoder, _ kept: KeptSequences, tokens: RefusalTokens) {
    self.decoder = decoder
    self.kept = kept
    self.tokens = tokens
  }

  /// The change of each sequence's R if a place were its counterpart's, `[sequence][place]`.
  func changes(_ places: [PatchPlace]) throws -> [[Double]] {
    var changes: [[Double]] = []
    for start in stride(from: 0, to: kept.prompts.count, by: Self.sequencesAtOnce) {
      let sequences = start..<min(start + Self.sequencesAtOnce, kept.prompts.count)
      let batch = TokenBatch(kept.prompts[sequences])
      let hook = DifferenceProducts(kept, first: start, count: sequences.count, places: places)
      let targets = batch.sequences.enumerated().flatMap { index, sequence in
        tokens.ids.map {
          LossTarget(row: sequence.rows.upperBound - 1, token: $0, sequence: index)
        }
      }
      _ = try decoder.differentiate(
        LossBatch(batch: batch, targets: targets),
        GradientRequest(
          hooks: HookTable(for: decoder.description),
          gradientHooks: HookTable([hook], for: decoder.description), includesTensors: false),
        objective: { [tokens] in tokens.logOdds(ofLosses: $0) })
      changes += hook.products
    }
    return changes
  }
}

extension RefusalTokens {
  /// The sum of R over sequences, from the loss of each of the tokens in each of them, and its derivative.
  func logOdds(ofLosses losses: [Double]) -> (loss: Double, slopes: [Float]) {
    var total = 0.0
    var slopes: [Float] = []
    for start in stride(from: 0, to: losses.count, by: ids.count) {
      let probabilities = losses[start..<start + ids.count].map { exp(-$0) }
      let sum = probabilities.reduce(0, +)
      let floor = Self.probabilityFloor
      total += log(max(sum, floor)) - log(max(1 - sum, floor))
      let slope = (sum > floor ? 1 / sum : 0) + (1 - sum > floor ? 1 / (1 - sum) : 0)
      slopes += probabilities.map { Float(-$0 * slope) }
    }
    return (total, slopes)
  }
}

/// Multiplies derivatives at places with how the counterparts' rows there differ.
private final class DifferenceProducts: ActivationHook {
  let sites: [HookSite]
  /// `[sequence][place]`.
  private(set) var products: [[Double]]
  private let kept: KeptSequences
  private let first: Int
  /// The offsets at each site, with the place's index.
  private var offsets: [HookSite: [(offset: Int, place: Int)]] = [:]

  init(_ kept: KeptSequences, first: Int, count: Int, places: [PatchPlace]) {
    self.kept = kept
    self.first = first
    for (index, place) in places.enumerated() {
      offsets[HookSite(place.site.kind, layer: place.layer), default: []].append(
        (place.offset, index))
    }
    sites = Array(offsets.keys)
    products = [[Double]](
      repeating: [Double](repeating: 0, count: places.count), count: count)
  }

  func fire(at site: HookSite, _ activation: inout ActivationView, batch: TokenBatch) {
    guard let layer = site.layer else { return }
    for (index, sequence) in batch.sequences.enumerated() {
      for (offset, place) in offsets[site] ?? [] {
        func row(_ sequence: Int) -> [Float] {
          kept.row(site.kind, layer: layer, sequence: sequence, offset: offset)
        }
        let own = row(first + index)
        let other = row((first + index).counterpart)
        let start = (sequence.rows.upperBound + offset) * activation.width
        var product = 0.0
        for column in own.indices {
          product +=
            Double(activation.values[start + column])
            * (Double(other[column]) - Double(own[column]))
        }
        products[index][place] = product
      }
    }
  }
}
