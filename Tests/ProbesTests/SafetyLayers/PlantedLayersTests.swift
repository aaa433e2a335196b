import Inference
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

/// One block alone adds what tells the prompts apart, and the analyses have to say which.
@Suite("Planted layers")
struct PlantedLayersTests {
  /// At most 5 in 100 may be wrong by the threshold's own level; the seeds are fixed.
  @Test("show a gap from the planted block on, over 50 seeds")
  func gap() throws {
    var wrong: [Int] = []
    for seed in 0..<50 {
      let block = 2 + seed % 5
      let planted = try PlantedDecoder(block: block, seed: UInt64(seed))
      let shares = (0..<48).map { index in index % 2 == 0 ? 0 : 0.25 + 0.01 * Double(index) }
      let checks = try ModelChecks(
        PlantedDecoder.prompts(shares: shares, seed: UInt64(seed + 100)),
        shares.map { ProbePrompt(label: $0 > 0 ? 1 : 0) }, decoder: planted.decoder, threads: 2,
        seed: UInt64(seed))
      let gap = try checks.layerGap(
        GapOptions(promptsPerClass: 24, pairs: 150, draws: 50, permutations: 99))
      #expect(gap.endsAlike)
      if gap.curves.finding.range?.first != block { wrong.append(seed) }
    }
    #expect(wrong.count <= 5, "seeds \(wrong)")
  }

  @Test("are found by scaling, over 50 seeds")
  func search() throws {
    var wrong: [Int] = []
    for seed in 0..<50 {
      let block = 2 + seed % 4
      let planted = try PlantedDecoder(block: block, seed: UInt64(seed))
      let prompts = PlantedDecoder.prompts(
        shares: (0..<80).map { Double($0) / 80 }, seed: UInt64(seed + 200))
      let initial = LayerRange(first: block - 2, last: block)
      let options = SearchOptions(prompts: 80)
      let counter = try ScalingCounter(
        planted.decoder, prompts, around: initial, tokenizer: planted.tokenizer, endOfSequence: [],
        rules: planted.rules, options, threads: 2)
      let search = BoundarySearch(
        layerCount: PlantedDecoder.layerCount, promptCount: prompts.count, options: options
      ) { try counter.count($0, $1, isWhole: $2) }
      // The planted model repeats its one token, which the gate would rightly discard.
      var lenient = options
      lenient.incoherentLimit = 1
      let found = try BoundarySearch(
        layerCount: search.layerCount, promptCount: search.promptCount, options: lenient,
        count: search.count
      ).search(from: initial)
      #expect(found.baseline.refusals > 8 && found.baseline.refusals < 40)
      let isFound = found.range?.contains(block) ?? false
      if !isFound || (found.final?.refusals ?? 0) <= found.baseline.refusals { wrong.append(seed) }
    }
    #expect(wrong.isEmpty, "seeds \(wrong)")
  }
}

@Suite("Replies with scaled blocks")
struct ReplyBenchTests {
  private static let ranges: [(LayerRange, Double)] = [
    (LayerRange(first: 1, last: 2), 1.3), (LayerRange(first: 1, last: 3), 1.3),
    (LayerRange(first: 1, last: 6), 1.3), (LayerRange(first: 3, last: 4), 1.3),
    (LayerRange(first: 0, last: 7), 0.7), (LayerRange(first: 2, last: 7), 1.3), (.none, 1),
    (LayerRange(first: 5, last: 5), 1), (LayerRange(first: 7, last: 7), 0.5),
  ]

  @Test("are those of an ordinary pass, wherever a pass starts", arguments: [1, 3])
  func replies(threads: Int) throws {
    let planted = try PlantedDecoder(block: 3, seed: 11)
    let decoder = planted.decoder
    // Shared beginnings, equal prompts and different lengths.
    let prompts = TokenizedPrompt.random(count: 40, seed: 8)
    let all = prompts + prompts.prefix(3)
    let bench = try ReplyBench(
      all, for: decoder, maxTokens: 14, endOfSequence: [7], threads: threads)
    let base = try bench.read(with: decoder, keeping: [1, 2, 3, 5])
    var latest: (range: LayerRange, kept: ReplyBench.Kept)?
    for (range, alpha) in Self.ranges {
      let scaled = decoder.scaled(by: BlockScaling(layers: range, factor: Float(alpha)))
      let next: Set<Int> = range.last + 1 < 8 && !range.isEmpty ? [range.last + 1] : []
      let kept: ReplyBench.Kept
      if let latest, latest.range.first == range.first, latest.range.last < range.last {
        kept = try bench.read(
          with: scaled, after: latest.kept, from: latest.range.last + 1, keeping: next)
      } else {
        let start = base.starts.filter { $0 <= range.first }.max()
        kept = try bench.read(
          with: scaled, after: start == nil ? nil : base, from: start ?? 0, keeping: next)
      }
      latest = (range, kept)
      let expected = try Generator(decoder: scaled, endOfSequence: [7]).generate(
        all, maxTokens: 14, sampler: Sampler())
      #expect(
        try bench.replies(after: kept, with: scaled) { _ in false } == expected.map(\.ids),
        "blocks \(range) × \(alpha)")
      let cut = try bench.replies(after: kept, with: scaled) { $0.count == 2 }
      #expect(cut == expected.map { Array($0.ids.prefix(2)) })
    }
  }

  @Test("are counted alike cut or whole, and with factors of 1 as without any")
  func counts() throws {
    let planted = try PlantedDecoder(block: 2, seed: 4)
    let prompts = PlantedDecoder.prompts(shares: (0..<30).map { Double($0) / 30 }, seed: 1)
    let counter = try ScalingCounter(
      planted.decoder, prompts, around: LayerRange(first: 1, last: 3), tokenizer: planted.tokenizer,
      endOfSequence: [], rules: planted.rules, SearchOptions(), threads: 2)
    let baseline = try counter.count(.none, 1, isWhole: true)
    for range in [LayerRange(first: 0, last: 7), LayerRange(first: 2, last: 2), .none] {
      #expect(try counter.count(range, 1, isWhole: false).verdicts == baseline.verdicts)
    }
    for range in [LayerRange(first: 1, last: 2), LayerRange(first: 0, last: 5)] {
      let whole = try counter.count(range, 1.2, isWhole: true)
      #expect(try counter.count(range, 1.2, isWhole: false).verdicts == whole.verdicts)
      #expect(whole.refusals > baseline.refusals && whole.incoherent != nil)
    }
  }

  @Test("leave room for themselves in the model's context")
  func room() throws {
    let planted = try PlantedDecoder(block: 2, seed: 4)
    let long = TokenizedPrompt(Array(repeating: 3, count: 120))
    #expect(throws: InferenceError.self) {
      try ReplyBench([long], for: planted.decoder, maxTokens: 14, endOfSequence: [], threads: 1)
    }
  }
}
