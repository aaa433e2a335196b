import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Figures of drift")
struct DriftStatisticsTests {
  private struct Golden: Decodable {
    struct Prompt: Decodable {
      let ids: [Int32]
      let label: Int
      let group: Int
      let isTraining: Bool
    }
    struct Probe: Decodable {
      let auroc: Double
      let balancedAccuracy: Double
    }
    struct Layer: Decodable {
      let before: Probe
      let frozen: Probe
      let refitted: Probe
      let back: Probe
      let cosine: Double
      let normBefore: Double
      let normAfter: Double
      let harmful: Double
      let harmless: Double
    }
    struct Reply: Decodable {
      let ids: [Int32]
      let divergences: [Double]
    }
    struct Part: Decodable {
      let tokens: Int
      let mean: Double
      let firstShare: Double
      let evenShare: Double
    }
    let tokens: Int
    let firstTokens: Int
    let endOfSequence: Int32
    let prompts: [Prompt]
    let layers: [Layer]
    let replies: [Reply]
    let all: Part
    let harmful: Part
    let harmless: Part
  }

  @Test(
    "are those of torch and scikit-learn in double precision, layer by layer and token by token")
  func torch() throws {
    let golden = try golden("drift.json", as: Golden.self)
    let checkpoint = try Checkpoint(path: Goldens.path("models/llama-tied"))
    let tuned = try AdaptedModel(
      checkpoint, adapters: [AppliedAdapter(path: Goldens.path("adapters/plain"))])
    let before = try ModelChecks(
      golden.prompts.map { TokenizedPrompt($0.ids) },
      golden.prompts.map { ProbePrompt(label: $0.label, group: ByteString("\($0.group)")) },
      decoder: Decoder(AdaptedModel(checkpoint), threads: 2), threads: 2, seed: 0)
    let after = try ModelChecks(
      before.tokens, before.prompts, decoder: Decoder(tuned, threads: 2), threads: 2, seed: 0)
    let found = try before.layerDrift(
      to: after, model: ComparedModel(tuned),
      parts: golden.prompts.map { $0.isTraining ? .train : .test },
      endOfSequence: [golden.endOfSequence],
      DriftOptions(draws: 50, tokens: golden.tokens, firstTokens: golden.firstTokens))
    #expect(found.layers.count == golden.layers.count)
    for (layer, expected) in zip(found.layers, golden.layers) {
      func same(_ found: Double?, _ expected: Double, _ what: String) throws {
        expectClose(
          try #require(found), expected, within: Tolerance.decoder, "\(what) \(layer.layer)")
      }
      for (probe, expected) in [
        (layer.probe.before, expected.before), (layer.probe.frozen, expected.frozen),
        (layer.probe.refitted, expected.refitted), (layer.probe.back, expected.back),
      ] {
        try same(probe.auroc?.value, expected.auroc, "AUROC")
        try same(probe.balancedAccuracy?.value, expected.balancedAccuracy, "balanced accuracy")
      }
      try same(layer.direction.cosine?.value, expected.cosine, "cosine")
      try same(layer.direction.normBefore, expected.normBefore, "length before")
      try same(layer.direction.normAfter, expected.normAfter, "length after")
      try same(
        layer.direction.normRatio?.value, expected.normAfter / expected.normBefore, "ratio")
      try same(layer.stream.harmful?.value, expected.harmful, "change of harmful prompts")
      try same(layer.stream.harmless?.value, expected.harmless, "change of harmless prompts")
      try same(
        layer.probe.frozenChange?.value, expected.frozen.auroc - expected.before.auroc, "change")
    }
    for (part, expected) in [
      (found.replies.all, golden.all), (found.replies.harmful, golden.harmful),
      (found.replies.harmless, golden.harmless),
    ] {
      #expect(part.tokens == expected.tokens)
      for (found, expected) in [
        (part.mean?.value, expected.mean), (part.firstShare?.value, expected.firstShare),
        (part.evenShare, expected.evenShare),
      ] { expectClose(try #require(found), expected, within: Tolerance.decoder, "replies") }
    }
    let asked = golden.prompts.filter { !$0.isTraining }
    for (place, position) in found.replies.positions.enumerated() {
      for (label, mean, prompts) in [
        (1, position.harmful, position.harmfulPrompts),
        (0, position.harmless, position.harmlessPrompts),
      ] {
        let values = zip(asked, golden.replies).filter {
          $0.0.label == label && $0.1.divergences.count > place
        }.map { $0.1.divergences[place] }
        #expect(prompts == values.count)
        expectClose(
          try #require(mean).value, values.reduce(0, +) / Double(values.count),
          within: Tolerance.decoder, "token \(place + 1)")
      }
    }
  }

  /// Rows of two classes whose means differ by a vector, and draws of the prompts.
  private struct Rows {
    static let count = 60
    static let labels = (0..<count).map { $0 % 2 }
    private let width = 12

    func rows(_ signal: Double, turned angle: Double = 0, _ generator: inout TestGenerator)
      -> SharedRows
    {
      let rows = SharedRows(count: Self.count, width: width)
      for row in 0..<Self.count {
        var values = (0..<width).map { _ in Float(generator.normal()) }
        values[0] += Float(signal * Double(Self.labels[row]) * cos(angle))
        values[1] += Float(signal * Double(Self.labels[row]) * sin(angle))
        rows.set(row, to: values.span)
      }
      return rows
    }

    func comparison(seed: UInt64) -> DirectionComparison {
      let clusters = Clusters(indices: Array(0..<Self.count))
      return DirectionComparison(
        labels: Self.labels, draws: ClusterBootstrap(clusters: clusters, draws: 100, seed: seed),
        others: ClusterBootstrap(
          clusters: clusters, draws: 100, seed: seed, stream: .driftResamples))
    }
  }

  /// Whether any of several layers turned, all of them considered.
  private func turns(signal: Double, angle: Double, seed: UInt64) throws -> Bool {
    var generator = TestGenerator(seed)
    let rows = Rows()
    let comparison = rows.comparison(seed: seed)
    let layers = (0..<4).map { _ in
      comparison.turn(
        from: rows.rows(signal, &generator), to: rows.rows(signal, turned: angle, &generator))
    }
    guard let factor = turnFactor(layers) else { return false }
    return layers.contains { layer in
      guard let turn = layer.turn.value, let expected = layer.expected else { return false }
      return turn > factor * expected
    }
  }

  @Test(
    "prompts of which only chance differs turn a direction in about 5 % of cases at the most",
    arguments: [0, 0.7, 1.5, 2.5, 3.5, 4])
  func nullTurns(signal: Double) throws {
    let turned = try (0..<100 as Range<UInt64>).count {
      try turns(signal: signal, angle: 0, seed: $0)
    }
    // 100 draws at 5 %: more than 11 in less than one of a hundred.
    #expect(turned <= 11, "\(turned) of 100")
  }

  @Test("a direction that is turned by more than prompts turn it is found")
  func found() throws {
    let turned = try (0..<20 as Range<UInt64>).count {
      try turns(signal: 4, angle: .pi / 3, seed: $0)
    }
    #expect(turned == 20)
  }

  @Test("one less the cosine is exact where vectors are the same, and keeps its digits near that")
  func turn() {
    #expect(directionTurn([0.1, 0.3, -2], [0.1, 0.3, -2]) == 0)
    #expect(directionTurn([0, 0], [1, 0]) == nil)
    for (other, expected) in [([0.0, 3], 1.0), ([-2, 0], 2), ([1, 1e-9], 5e-19)] {
      expectClose(
        directionTurn([1, 0], other) ?? .nan, expected, within: 1e-6, "\(other)")
    }
  }

  @Test("shares of the first tokens are of all divergence, and a spread that is even has no excess")
  func shares() throws {
    let labels = [1, 0, 1, 0]
    let bootstrap = ClusterBootstrap(
      clusters: Clusters(indices: [0, 0, 1, 1]), draws: 50, seed: 1)
    let early = ReplyDrift(
      [[3, 1, 0, 0], [1, 1], [4, 0, 0, 0], [2]], labels: labels, bootstrap, firstTokens: 1)
    #expect(early.all.tokens == 11 && early.all.prompts == 4 && early.groups == 2)
    expectClose(try #require(early.all.mean).value, 12.0 / 11, within: Tolerance.exactRatio)
    expectClose(
      try #require(early.all.firstShare).value, 10.0 / 12, within: Tolerance.exactRatio)
    expectClose(early.all.evenShare, 4.0 / 11, within: Tolerance.exactRatio)
    expectClose(
      try #require(early.difference).value, 1 - 4.0 / 3, within: 1e-12, "difference")
    #expect(early.isConcentrated && !early.isDelayed)
    #expect(early.positions.map(\.harmlessPrompts) == [2, 1, 0, 0])
    #expect(early.positions[1].harmless?.value == 1 && early.positions[2].harmless == nil)
    let even = ReplyDrift(
      [[1, 1], [2, 2], [1, 1], [3, 3]], labels: labels, bootstrap, firstTokens: 1)
    #expect(even.all.excess?.value == 0 && !even.isConcentrated && !even.isDelayed)
    let late = ReplyDrift(
      [[0, 1], [0, 2], [0, 1], [1, 3]], labels: labels, bootstrap, firstTokens: 1)
    #expect(late.isDelayed)
    let nothing = ReplyDrift(
      [[0, 0], [0], [0], [0]], labels: labels, bootstrap, firstTokens: 1)
    #expect(nothing.all.mean?.high == 0 && nothing.all.firstShare == nil)
    #expect(nothing.difference?.value == 0)
  }
}
