import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import Synchronization
import TestSupport
import Testing
import Tokenization

@Suite("Patching")
struct PatchingTests {
  private static let tokens = [CarryingWeights.refusalToken]

  private func writer() -> CarryingWeights {
    var weights = CarryingWeights(seed: 1)
    weights.write(inLayer: 2)
    weights.speak(CarryingWeights.refusal)
    return weights
  }

  @Test("measures what whole runs with one row replaced measure")
  func wholeRuns() throws {
    let decoder = try writer().decoder()
    let pairs = CarryingPairs(count: 20, seed: 2).pairs
    let tokens = try opening(Self.tokens).tokens
    let runs = try PatchRuns(decoder, pairs, positions: 3, tokens: tokens, threads: 2)
    #expect(runs.places.count == 6 * 3 * 3)
    func row(_ prompt: TokenizedPrompt, _ site: HookSite, _ offset: Int) throws -> [Float] {
      let capture = ActivationCapture(sites: [site], rows: [prompt.ids.count + offset])
      var space = DecoderWorkspace(for: decoder.description)
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([capture], for: decoder.description), &space)
      return capture[site]
    }
    func logOdds(_ base: TokenizedPrompt, from donor: TokenizedPrompt, _ place: PatchPlace) throws
      -> Double
    {
      let site = HookSite(
        try #require(SiteKind(rawValue: place.site.rawValue)), layer: place.layer)
      let hook = WholeReplacement(
        site, row: base.ids.count + place.offset, try row(donor, site, place.offset))
      return try Generator(decoder: decoder, endOfSequence: [], hooks: [hook])
        .refusalLogOdds(base, tokens)
    }
    for index in stride(from: 0, to: runs.places.count, by: 5) {
      for pair in [0, 7, 19] {
        let place = runs.places[index]
        #expect(
          try runs.denoised[index][pair]
            == logOdds(pairs[pair].answered, from: pairs[pair].refused, place))
        #expect(
          try runs.noised[index][pair]
            == logOdds(pairs[pair].refused, from: pairs[pair].answered, place))
      }
    }
  }

  @Test("finds nothing between prompts of one class")
  func sameClass() throws {
    let decoder = try writer().decoder()
    let planted = CarryingPairs(count: 48, seed: 4)
    let tokens = try opening(Self.tokens).tokens
    let across = try PatchRuns(decoder, planted.pairs, positions: 3, tokens: tokens, threads: 2)
    let contrast = zip(across.refused, across.answered).reduce(0) { $0 + $1.0 - $1.1 } / 48
    for label in [1, 0] {
      let members = planted.tokens.indices.filter { planted.prompts[$0].label == label }
      let pairs = stride(from: 0, to: members.count, by: 2).map {
        PatchPair(
          refused: planted.tokens[members[$0]], answered: planted.tokens[members[$0 + 1]])
      }
      let runs = try PatchRuns(decoder, pairs, positions: 3, tokens: tokens, threads: 2)
      for place in runs.places.indices {
        let moved = zip(runs.denoised[place], runs.answered).reduce(0) { $0 + $1.0 - $1.1 }
        #expect(abs(moved / Double(pairs.count) / contrast) < 0.1)
      }
    }
  }

  @Test("keeps the chance of a false place anywhere at about 5 %")
  func band() {
    var numbers = SplitMix64(seed: 3)
    func noise() -> [[Double]] {
      (0..<40).map { _ in (0..<16).map { _ in numbers.nextNormals().0 } }
    }
    let alarms = (0..<200 as Range<UInt64>).count { seed in
      let shares = PatchShares(denoise: noise(), noise: noise())
      let critical = shares.critical(draws: 200, seed: seed).denoise
      return shares.denoise.contains { values in
        let square = values.reduce(0) { $0 + $1 * $1 }
        return abs(values.reduce(0, +)) / square.squareRoot() > critical
      }
    }
    // 10 of 200 are expected, with a standard deviation of 3.1.
    #expect(alarms > 1)
    #expect(alarms < 20)
  }

  @Test("expands to first order what small steps towards the other prompt do")
  func gradients() throws {
    let path = Goldens.path("models/qwen3")
    let decoder = try tinyDecoder("qwen3")
    let trainable = try TrainableDecoder(
      Checkpoint(path: path), scope: .weights([]), threads: 2)
    let prompts = TokenizedPrompt.random(count: 40, seed: 3).filter { $0.ids.count >= 3 }
    let pairs = (0..<10).map { PatchPair(refused: prompts[2 * $0], answered: prompts[2 * $0 + 1]) }
    let tokens = try opening([5, 100, 7]).tokens
    let runs = try PatchRuns(
      decoder, pairs, positions: 3, tokens: tokens, screen: trainable, threads: 2)
    let kept = try KeptSequences(
      decoder, pairs.flatMap { [$0.refused, $0.answered] }, positions: 3, threads: 2
    ) { _, _ in }
    let pass = SuffixPass(decoder, kept, threads: 2)
    let step: Float = 0.02
    var found: [Float] = []
    var expected: [Float] = []
    for (index, place) in runs.places.enumerated() {
      let kind = try #require(SiteKind(rawValue: place.site.rawValue))
      func moved(_ factor: Float) throws -> [Double] {
        let values = Mutex([Double](repeating: 0, count: 20))
        let suffixes = (0..<20).map { sequence in
          let own = kept.row(kind, layer: place.layer, sequence: sequence, offset: place.offset)
          let other = kept.row(
            kind, layer: place.layer, sequence: sequence ^ 1, offset: place.offset)
          return SuffixRun(
            sequence: sequence,
            [
              .init(
                kind, offset: place.offset,
                values: zip(own, other).map { $0 + factor * ($1 - $0) })
            ])
        }
        try pass.run(suffixes, from: place.layer) { run, logits in
          let value = tokens.logOdds(logits)
          values.withLock { $0[run] = value }
        }
        return values.withLock { $0 }
      }
      let (up, down) = (try moved(step), try moved(-step))
      for sequence in 0..<20 {
        expected.append(Float((up[sequence] - down[sequence]) / Double(2 * step)))
        found.append(
          Float(
            sequence % 2 == 1
              ? runs.screenedDenoise[index][sequence / 2] : runs.screenedNoise[index][sequence / 2])
        )
      }
    }
    #expect(relativeRMS(found, expected) < TestSupport.Tolerance.difference.share)
  }

  @Test("says what it needs where the model refuses neither or both of a pair")
  func noContrast() throws {
    let pairs = CarryingPairs(count: 48, seed: 5)
    let map = try pairs.checks(CarryingWeights(seed: 1).decoder()).patchMap(
      opening(Self.tokens), parts: pairs.parts)
    #expect(map.pairsFound == 12)
    #expect(map.pairsWithContrast == 0)
    #expect(map.cells.isEmpty && map.layers.isEmpty)
    let report = PatchReport(
      LayerPatching(opening: try opening(Self.tokens), attribution: nil, map: map),
      origin: try .planted(), toolVersion: "1", backend: "none")
    #expect(report.forms.terminalText.contains("Nothing was patched"))
    #expect(report.forms.html(charts: nil).contains("Nothing to patch"))
  }

  @Test("takes no pair of which the harmful prompt is answered and the harmless one refused")
  func turnedPairs() throws {
    let pairs = CarryingPairs(count: 48, seed: 6)
    let checks = try ModelChecks(
      pairs.tokens,
      pairs.prompts.map { ProbePrompt(label: 1 - $0.label, group: $0.group, pair: $0.pair) },
      decoder: writer().decoder(), threads: 2, seed: 0)
    let map = try checks.patchMap(opening(Self.tokens), parts: pairs.parts)
    #expect(map.pairsFound == 12)
    #expect(map.pairsWithContrast == 0)
    let right = try pairs.checks(writer().decoder()).patchMap(
      opening(Self.tokens), parts: pairs.parts, PatchOptions(draws: 20, swaps: 20))
    #expect(right.pairsWithContrast > 8)
  }

  @Test("does not depend on threads, and writes all its files")
  func map() throws {
    let pairs = CarryingPairs(count: 96, seed: 6)
    func map(_ threads: Int) throws -> PatchMap {
      try pairs.checks(writer().decoder(), threads: threads).patchMap(
        opening(Self.tokens), parts: pairs.parts, PatchOptions(draws: 200, swaps: 200))
    }
    let found = try map(2)
    #expect(try map(1) == found)
    #expect(found.pairs == 24)
    #expect(found.groups == 6)
    #expect(found.layers.map(\.layer) == Array(0..<6))
    let best = try #require(found.layers.max { $0.denoise.share.value < $1.denoise.share.value })
    #expect(best.layer == 2)
    #expect(best.denoise.site == .attention)
    #expect(best.denoise.position == "template.tail[-1]")
    let report = PatchReport(
      LayerPatching(opening: try opening(Self.tokens), attribution: nil, map: found),
      origin: try .planted(), toolVersion: "1", backend: "none")
    #expect(report.forms.terminalText.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let sentence = report.forms.terminalText.split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    #expect(sentence.contains("attn_out of layer 2 at template.tail[-1] carries more of a refusal"))
    #expect(report.forms.markdown.contains("## Layers"))
    #expect(report.forms.markdown.contains("hold the same tokens in every prompt"))
    // The same prompts without a template.
    let raw = try ModelChecks(
      pairs.tokens.map { TokenizedPrompt($0.ids) }, pairs.prompts, decoder: writer().decoder(),
      threads: 2, seed: 0
    ).patchMap(opening(Self.tokens), parts: pairs.parts, PatchOptions(draws: 20, swaps: 20))
    #expect(raw.positions == ["last"])
    let unlike = PatchReport(
      LayerPatching(opening: try opening(Self.tokens), attribution: nil, map: raw),
      origin: try .planted(), toolVersion: "1", backend: "none")
    #expect(unlike.forms.markdown.contains("Prompts do not end in a template"))
  }
}
