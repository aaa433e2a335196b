import Foundation
import Inference
import Kernels
import Probes
import TestSupport
import Testing
import Tokenization

/// Vectors of two sets of prompts at some blocks, the second set moved along one direction from a block on.
struct PlantedVectors {
  let streams: [SharedRows]
  let prompts: GapPrompts

  /// Draws vectors; harmful prompts are moved by `shift` from block `onset` on, and may be counterparts of the
  /// harmless ones of the same number.
  init(
    perSet: Int, blocks: Int = 12, shift: Double = 0, onset: Int = 0, seed: UInt64,
    isPaired: Bool = false
  ) {
    let width = 24
    var numbers = SplitMix64(seed: seed)
    func normal() -> Float { Float(numbers.nextNormals().0) }
    let common = (0..<width).map { _ in 2 * normal() }
    let topics = (0..<2 * perSet).map { _ in (0..<width).map { _ in normal() } }
    streams = (0..<blocks).map { block in
      let rows = SharedRows(count: 2 * perSet, width: width)
      // Later blocks are noisier, as real ones are.
      let noise = 0.3 + 0.1 * Float(block)
      for row in 0..<2 * perSet {
        let topic = topics[isPaired ? row % perSet : row]
        var values = (0..<width).map { common[$0] + noise * (topic[$0] + 0.5 * normal()) }
        if row >= perSet, block >= onset { values[0] += Float(shift) }
        rows.set(row, to: values.span)
      }
      return rows
    }
    prompts = GapPrompts(
      harmless: Array(0..<perSet), harmful: Array(perSet..<2 * perSet),
      counterparts: isPaired ? (0..<perSet).map { ($0, perSet + $0) } : [])
  }

  func measured(_ options: GapOptions, seed: UInt64 = 0) throws -> GapCurves {
    try GapMeasure(prompts, options, seed: seed).measure(streams, threads: 2).curves
  }
}

@Suite("Angle gap")
struct GapTests {
  private static let options = GapOptions(
    promptsPerClass: 40, pairs: 300, draws: 400, permutations: 200)

  @Test("opens at the block from which sets differ, over 40 seeds", arguments: [false, true])
  func planted(isPaired: Bool) throws {
    var found = 0
    for seed in 0..<40 {
      let onset = 3 + seed % 5
      let curves = try PlantedVectors(
        perSet: 40, shift: 6, onset: onset, seed: UInt64(seed), isPaired: isPaired
      ).measured(Self.options, seed: UInt64(seed))
      if curves.finding.range?.first == onset { found += 1 }
    }
    #expect(found >= 36, "\(found) of 40")
  }

  /// 95 % are expected; fewer than 186 of 200 have a chance of 0.08, and the seeds are fixed.
  @Test("is not found between random halves of one set")
  func nullSplits() throws {
    let vectors = PlantedVectors(perSet: 40, seed: 77)
    let splits = try NullSplits(
      vectors.streams, count: 200,
      GapOptions(promptsPerClass: 40, pairs: 200, draws: 1, permutations: 199), seed: 5, threads: 2)
    #expect(splits.splits == 200 && splits.prompts == 80)
    #expect(splits.notFound >= 186, "\(splits.notFound) of 200")
    #expect(splits.notFound < 200, "the rule finds nothing anywhere")
  }

  @Test("has intervals around 0 with one set in both roles, and keeps N-M when roles change")
  func controls() throws {
    let vectors = PlantedVectors(perSet: 40, shift: 4, onset: 2, seed: 9)
    let measure = GapMeasure(vectors.prompts, Self.options, seed: 3)
    let (curves, swapped, oneSet) = try measure.measure(vectors.streams, threads: 2)
    #expect(oneSet.allSatisfy { $0.low <= 0 && $0.high >= 0 })
    let pairs = measure.pairs
    #expect(pairs.swapped.across == pairs.across && pairs.swapped.swapped == pairs)
    #expect(pairs.swapped.harmless == pairs.harmful)
    // Angles between harmful prompts are what is subtracted then.
    for (block, estimate) in swapped.enumerated() {
      let table = AngleTable(vectors.streams[block])
      func mean(_ list: PromptPairs.PairList) -> Double {
        list.weighing(table.angles, table.count).reduce(0, +) / Double(Self.options.pairs)
      }
      expectClose(
        estimate.value, mean(pairs.across) - mean(pairs.harmful), within: Tolerance.rounding,
        scale: 1)
      expectClose(
        curves.blocks[block].gap.value, mean(pairs.across) - mean(pairs.harmless),
        within: Tolerance.rounding, scale: 1)
    }
  }

  @Test("changes between two models where it was planted, and nowhere without a change")
  func changes() throws {
    let (plain, turned) = (
      PlantedVectors(perSet: 40, seed: 9), PlantedVectors(perSet: 40, shift: 4, onset: 2, seed: 9)
    )
    let measure = GapMeasure(plain.prompts, Self.options, seed: 3)
    let none = try measure.changes(to: plain.streams, from: plain.streams, threads: 2)
    #expect(none.allSatisfy { $0.value == 0 && $0.low == 0 && $0.high == 0 })
    let changes = try measure.changes(to: turned.streams, from: plain.streams, threads: 2)
    let gaps = try [turned, plain].map {
      try measure.measure($0.streams, threads: 2).curves.blocks.map(\.gap.value)
    }
    for (block, change) in changes.enumerated() {
      expectClose(
        change.value, gaps[0][block] - gaps[1][block], within: Tolerance.rounding, scale: 1)
      #expect((change.low > 0) == (block >= 2), "block \(block)")
    }
  }

  @Test("does not change with the length of a block's vectors, nor with threads")
  func invariance() throws {
    let vectors = PlantedVectors(perSet: 20, shift: 3, onset: 1, seed: 4)
    let measure = GapMeasure(vectors.prompts, Self.options, seed: 1)
    let (curves, _, _) = try measure.measure(vectors.streams, threads: 1)
    let longer = vectors.streams.map { rows in
      let scaled = SharedRows(count: rows.count, width: rows.width)
      for row in 0..<rows.count {
        let values = rows[rows: row..<row + 1]
        let doubled = values.indices.map { 4 * values[$0] }
        scaled.set(row, to: doubled.span)
      }
      return scaled
    }
    #expect(try measure.measure(longer, threads: 3).curves == curves)
  }

  @Test("is 0, with cosines of 1, between vectors that are the same")
  func same() throws {
    let rows = SharedRows(count: 40, width: 7)
    let values = randomValues(7, seed: 3)
    for row in 0..<40 { rows.set(row, to: values.span) }
    let prompts = GapPrompts(harmless: Array(0..<20), harmful: Array(20..<40))
    let block = try GapMeasure(prompts, Self.options, seed: 0).measure([rows], threads: 1)
      .curves.blocks[0]
    #expect(block.harmless.mean == 1 && block.across.mean == 1 && block.harmful.mean == 1)
    #expect(block.gap.value == 0 && block.gap.low == 0 && block.gap.high == 0)
    #expect(block.codeGap.value == 0 && block.studentizedGap == 0)
  }

  @Test("is a number in standard errors, too, where all prompts of a set are the same")
  func noSpread() throws {
    let rows = SharedRows(count: 40, width: 2)
    for row in 0..<40 {
      let values: [Float] = row < 20 ? [1, 0] : [0, 1]
      rows.set(row, to: values.span)
    }
    let prompts = GapPrompts(harmless: Array(0..<20), harmful: Array(20..<40))
    let block = try GapMeasure(prompts, Self.options, seed: 0).measure([rows], threads: 1)
      .curves.blocks[0]
    #expect(block.gap.value == 90 && block.studentizedGap.isFinite)
  }

  @Test("by mean cosines is smaller than by mean angles where angles spread")
  func bothForms() {
    // Cosines 0.5 and 1: 60° and 0° have the mean 30°, the mean cosine 0.75 is 41.41°.
    let angle = acos(0.75) * 180 / .pi
    #expect(abs(angle - 41.41) < 0.005)
    let rows = SharedRows(count: 4, width: 2)
    let vectors: [[Float]] = [[1, 0], [1, 0], [1, 0], [0.5, Float(0.75).squareRoot()]]
    for (row, values) in vectors.enumerated() { rows.set(row, to: values.span) }
    let table = AngleTable(rows)
    let pairs = PromptPairs(
      harmless: .init(first: [0], second: [1]), across: .init(first: [0, 0], second: [2, 3]),
      harmful: .init(first: [2], second: [3]))
    let means = PairMeans(prompts: 4, draws: 10, seed: 0)
    #expect(abs((means.textGap(table, pairs).value ?? 0) - 30) < 1e-5)
    #expect(abs((means.codeGap(table, pairs).value ?? 0) - angle) < 1e-5)
  }

  @Test("has the standard error that drawing prompts finds")
  func standardError() {
    for seed in 0..<6 {
      let vectors = PlantedVectors(perSet: 60, blocks: 4, shift: 2, onset: 1, seed: UInt64(seed))
      let measure = GapMeasure(
        vectors.prompts, GapOptions(promptsPerClass: 60, pairs: 400, permutations: 19), seed: 1)
      let means = PairMeans(prompts: 120, draws: 4000, seed: 2)
      var influence = [Double](repeating: 0, count: 120)
      for rows in vectors.streams {
        let table = AngleTable(rows)
        let figures = GapFigures(
          table, measure.pairs, order: Array(0..<120), influence: &influence)
        let drawn = means.textGap(table, measure.pairs).replicates.compactMap(\.self)
        let mean = drawn.reduce(0, +) / Double(drawn.count)
        var squares = 0.0
        for value in drawn { squares += (value - mean) * (value - mean) }
        let variance = squares / Double(drawn.count - 1)
        // 4,000 draws know a deviation to about 1 %; the closed form leaves out higher orders.
        expectClose(figures.standardError, variance.squareRoot(), within: 0.08)
      }
    }
  }

  @Test("begins where it stays above chance up to the largest, and ends where it stops rising")
  func range() {
    let gaps: [Double] = [0, 0.1, 0.2, 2, 5, 9, 11, 11.5, 12, 11]
    let high: [Double] = [1, 5, 1, 4, 6, 8, 9, 9, 9, 8]
    #expect(
      GapFinding.range(gaps: gaps, studentized: high, threshold: 3)
        == LayerRange(first: 3, last: 6))
    #expect(GapFinding.range(gaps: gaps, studentized: high, threshold: 9) == nil)
    // The largest gap among blocks above chance counts, not one that is noise.
    #expect(
      GapFinding.range(
        gaps: [0, 3, 4, 20], studentized: [0, 5, 6, 1], threshold: 3)
        == LayerRange(first: 1, last: 3))
    #expect(
      GapFinding.range(gaps: [0, 1, 2, 3], studentized: [0, 0, 0, 9], threshold: 3)
        == LayerRange(first: 3, last: 3))
    #expect(maximumThreshold((1...1000).map(Double.init)) == 951)
    #expect(maximumThreshold((1...19).map(Double.init)) == 19)
    #expect(
      GapFinding.legacyRange(margins: [0, 0.06, -0.1, 0.02, 0.06, 0.09, 0.12, 0.12], above: 0.05)
        == LayerRange(first: 4, last: 6))
    #expect(GapFinding.legacyRange(margins: [0, 0.01, 0.02], above: 0.05) == nil)
  }

  @Test("exchanges labels within pairs, and others among themselves")
  func exchanges() {
    let prompts = GapPrompts(
      harmless: Array(0..<6), harmful: Array(6..<12), counterparts: [(0, 6), (1, 7)])
    var generator = SeededGenerator(seed: 1, stream: 1)
    var hasSwapped = false
    for order in prompts.exchanges(50, &generator) {
      #expect(order.sorted() == Array(0..<12))
      for (harmless, harmful) in [(0, 6), (1, 7)] {
        #expect(Set([order[harmless], order[harmful]]) == [harmless, harmful])
        hasSwapped = hasSwapped || order[harmless] == harmful
      }
    }
    #expect(hasSwapped)
  }

  @Test("sees the vectors that each prompt has alone, and an embedding that all share")
  func vectors() throws {
    let decoder = try tinyDecoder("llama-tied")
    let prompts = TokenizedPrompt.random(count: 24, seed: 6).map { TokenizedPrompt($0.ids + [5]) }
    let checks = try ModelChecks(
      prompts, prompts.indices.map { ProbePrompt(label: $0 % 2) }, decoder: decoder, threads: 2,
      seed: 0)
    let sites = [HookSite(.residPost, layer: 0), HookSite(.residPost, layer: 1)]
    let places = [3, 17, 4, 4, 20]
    let found = try checks.lastRows(of: places, at: sites)
    for (rows, site) in zip(found, sites) {
      for (index, place) in places.enumerated() {
        let capture = ActivationCapture(sites: [site], rows: [prompts[place].ids.count - 1])
        var space = DecoderWorkspace(for: decoder.description)
        try decoder.forward(
          TokenBatch([prompts[place]]), hooks: HookTable([capture], for: decoder.description),
          &space)
        let values = rows[rows: index..<index + 1]
        #expect(values.indices.map { values[$0] } == capture[site])
      }
    }
    let embedded = try AngleTable(checks.lastRows(of: Array(0..<24), at: [HookSite(.embed)])[0])
    #expect(embedded.cosines.allSatisfy { $0 == 1 } && embedded.angles.allSatisfy { $0 == 0 })

    let gap = try checks.layerGap(GapOptions(promptsPerClass: 12, pairs: 60, permutations: 50))
    #expect(gap.endsAlike && gap.curves.blocks.count == 2 && gap.harmless == 12)
    let same = try ModelChecks(
      prompts, checks.prompts, decoder: decoder, threads: 1, seed: 0
    ).layerGap(GapOptions(promptsPerClass: 12, pairs: 60, permutations: 50))
    #expect(gap == same)
  }
}
