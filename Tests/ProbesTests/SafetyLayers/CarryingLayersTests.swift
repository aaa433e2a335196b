import Foundation
import Inference
import Kernels
import Probes
import TestSupport
import Testing
import Tokenization

/// Blocks that alone write, alone read, or stand in for each other, over many seeds.
@Suite("Blocks that carry a refusal")
struct CarryingLayersTests {
  /// The mean share that each layer's attention or MLP carries over at the last position.
  private struct Shares {
    var denoise: [[Double]] = []
    var noise: [[Double]] = []
    /// What enters the last block.
    var stream = (denoise: 0.0, noise: 0.0)

    init(_ weights: CarryingWeights, seed: UInt64) throws {
      let runs = try PatchRuns(
        weights.decoder(), CarryingPairs(count: 10, seed: seed).pairs, positions: 3,
        tokens: opening([CarryingWeights.refusalToken]).tokens, threads: 1)
      let shares = PatchShares(runs)
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      func last(_ values: [[Double]], _ site: PatchedSite, _ layer: Int) -> Double {
        let index = runs.places.firstIndex(
          of: PatchPlace(layer: layer, site: site, offset: -1))
        return index.map { mean(values[$0]) } ?? .nan
      }
      for layer in 0..<6 {
        denoise.append([PatchedSite.attention, .mlp].map { last(shares.denoise, $0, layer) })
        noise.append([PatchedSite.attention, .mlp].map { last(shares.noise, $0, layer) })
      }
      stream = (last(shares.denoise, .stream, 5), last(shares.noise, .stream, 5))
    }

    /// Places of modules that carry more than half, as layer and 0 for attention, 1 for the MLP.
    static func carrying(_ values: [[Double]]) -> Set<[Int]> {
      Set(
        values.indices.flatMap { layer in
          [0, 1].filter { values[layer][$0] > 0.5 }.map { [layer, $0] }
        })
    }
  }

  private static let seeds: Range<UInt64> = 0..<50

  @Test("a block that alone writes is found by denoising and by noising")
  func writer() throws {
    let errors = try Self.seeds.count { seed in
      let layer = 1 + Int(seed % 4)
      var weights = CarryingWeights(seed: seed)
      weights.write(inLayer: layer)
      weights.speak(CarryingWeights.refusal)
      let shares = try Shares(weights, seed: seed)
      return Shares.carrying(shares.denoise) != [[layer, 0]]
        || Shares.carrying(shares.noise) != [[layer, 0]]
    }
    #expect(errors <= 1)
  }

  @Test("a block that alone reads is found beside the one that writes for it")
  func reader() throws {
    let errors = try Self.seeds.count { seed in
      let layer = 2 + Int(seed % 4)
      var weights = CarryingWeights(seed: seed)
      weights.write(inLayer: 0)
      weights.read(inLayer: layer, isBounded: false)
      weights.speak(CarryingWeights.answer)
      let shares = try Shares(weights, seed: seed)
      return Shares.carrying(shares.denoise) != [[0, 0], [layer, 1]]
        || Shares.carrying(shares.noise) != [[0, 0], [layer, 1]]
    }
    #expect(errors <= 1)
  }

  @Test("of two blocks that stand in for each other each is enough and neither is needed")
  func redundant() throws {
    let errors = try Self.seeds.count { seed in
      let (first, second) = (Int(seed % 2), 2 + Int(seed % 3 / 2))
      var weights = CarryingWeights(seed: seed)
      weights.write(inLayer: first)
      weights.write(inLayer: second)
      weights.read(inLayer: 4, isBounded: true)
      weights.speak(CarryingWeights.answer)
      let shares = try Shares(weights, seed: seed)
      return Shares.carrying(shares.denoise) != [[first, 0], [second, 0], [4, 1]]
        || Shares.carrying(shares.noise) != [[4, 1]]
        || shares.stream.denoise < 0.8 || shares.stream.noise < 0.8
    }
    #expect(errors <= 1)
  }
}
