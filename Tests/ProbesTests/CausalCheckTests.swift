import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Causal check")
struct CausalCheckTests {
  @Test(
    "measures what an ordinary pass with the intervention measures, from the site's block on",
    arguments: [
      ("embed", nil), ("resid_pre", 1), ("attn_out", 0), ("resid_mid", 1), ("mlp_out", 0),
      ("resid_post", 0), ("resid_post", 1), ("ln_final.out", nil),
    ] as [(String, Int?)])
  func suffix(kind: String, layer: Int?) throws {
    let decoder = try tinyDecoder("qwen3")
    let prompts = CheckedPrompts(count: 30, seed: 5)
    let site = HookSite(try #require(SiteKind(rawValue: kind)), layer: layer)
    let opening = try opening([5, 100])
    let bench = try InterventionBench(
      decoder, prompts.tokens, site: site, tokens: opening.tokens, threads: 2)
    let width = decoder.description.dModel
    let direction = try Direction(randomValues(width, seed: 1), site: site, source: "a test vector")
    func logOdds(_ hooks: [any ActivationHook]) throws -> [Double] {
      let generator = Generator(decoder: decoder, endOfSequence: [], hooks: hooks)
      return try prompts.tokens.map { try generator.refusalLogOdds($0, opening.tokens) }
    }
    let unchanged = try logOdds([])
    #expect(bench.unchanged == unchanged)
    for operation in [
      Intervention.Operation.projectOut(direction.unit), .add(randomValues(width, seed: 2)),
    ] {
      let changed = try logOdds([
        Intervention(operation, at: site.kind, layers: [layer].compactMap(\.self))
      ])
      #expect(try bench.changes(operation) == zip(changed, unchanged).map { $0 - $1 })
    }
  }

  @Test("takes lengths from the median norm at the last position")
  func medianNorm() throws {
    let decoder = try tinyDecoder("qwen3")
    let prompts = CheckedPrompts(count: 31, seed: 5)
    let site = HookSite(.residPost, layer: 0)
    let norms = MedianNorm(of: .residPost, layers: [0])
    var space = DecoderWorkspace(for: decoder.description)
    try decoder.forward(
      TokenBatch(prompts.tokens), hooks: HookTable([norms], for: decoder.description), &space)
    let bench = try InterventionBench(
      decoder, prompts.tokens, site: site, tokens: opening([5]).tokens, threads: 2)
    #expect(bench.medianNorm == norms[site])
  }

  private static let site = HookSite(.residPost, layer: 1)

  /// The site's row at the last position of each prompt.
  private func lastRows(_ tokens: [TokenizedPrompt], _ decoder: Decoder) throws -> [[Float]] {
    var space = DecoderWorkspace(for: decoder.description)
    return try tokens.map { prompt in
      let capture = ActivationCapture(sites: [Self.site], rows: [prompt.ids.count - 1])
      try decoder.forward(
        TokenBatch([prompt]), hooks: HookTable([capture], for: decoder.description), &space)
      return capture[Self.site]
    }
  }

  /// What raises a token's logit at the last layer: its row of the head less the mean row, through the norm.
  private func towards(_ token: Int32, of model: String, width: Int) throws -> Direction {
    let tensors = try GoldenTensors("models/\(model)/model.safetensors")
    let head = try tensors.floats("model.embed_tokens.weight")
    let norm = try tensors.floats("model.norm.weight")
    let count = head.count / width
    let values = (0..<width).map { column in
      let mean = (0..<count).reduce(Float(0)) { $0 + head[$1 * width + column] } / Float(count)
      return (head[Int(token) * width + column] - mean) * norm[column]
    }
    return try Direction(values, site: Self.site, source: "a row of the head")
  }

  private func component(_ row: [Float], _ direction: Direction) -> Double {
    zip(row, direction.unit).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Prompts whose class is how far they lie in a direction that the model goes by, and that direction.
  private func planted(
    _ decoder: Decoder, seed: UInt64
  ) throws -> (CheckedPrompts, Direction, RefusalOpening) {
    let tokens = TokenizedPrompt.random(count: 48, seed: seed)
    let rows = try lastRows(tokens, decoder)
    var best: (token: Int32, direction: Direction, sum: Double)?
    for token in Int32(0)..<200 {
      let direction = try towards(token, of: "llama-tied", width: decoder.description.dModel)
      let sum = rows.reduce(0.0) { $0 + component($1, direction) }
      if sum > best?.sum ?? 0 { best = (token, direction, sum) }
    }
    let found = try #require(best)
    let components = rows.map { component($0, found.direction) }
    let median = components.sorted()[components.count / 2]
    let prompts = CheckedPrompts(count: 48, seed: seed) { components[$0] >= median ? 1 : 0 }
    return (prompts, found.direction, try opening([found.token]))
  }

  @Test("passes for a direction that the model goes by, and says how far it moves refusal")
  func planted() throws {
    let decoder = try tinyDecoder("llama-tied")
    var options = CausalOptions(promptsPerClass: 20)
    options.strength = 0.5
    options.classGap = 0.25
    for seed in 0..<4 as Range<UInt64> {
      let (prompts, direction, opening) = try planted(decoder, seed: seed)
      var steps: [Int] = []
      let found = try prompts.checks(decoder, seed: seed).causalCheck(direction, opening, options) {
        done, count in
        steps.append(done)
        #expect(count == 1 + 19 + 2 * 21)
      }
      #expect(steps == Array(1...62))
      #expect(found.passes)
      #expect(found.positives == 20)
      #expect(found.negatives == 20)
      #expect(found.site == "blocks.1.resid_post")
      #expect(found.removal.positives.change.value < 0)
      #expect(found.removal.positives.pValue == 1.0 / 20)
      #expect(found.removal.positives.random.count == 19)
      #expect(found.additions.map(\.length) == [0.5 * found.medianNorm, 0.25])
      for addition in found.additions {
        #expect(addition.added.negatives.change.low > 0)
        #expect(addition.subtracted.positives.change.high < 0)
        #expect(addition.added.negatives.random == addition.subtracted.negatives.random)
      }
      let change = found.removal.positives.change
      #expect(change.low <= change.value && change.value <= change.high)

      // The other way round it is the same line, but adding it does what subtracting did.
      let reversed = try Direction(
        direction.unit.map { -$0 }, site: direction.site, source: "the direction reversed")
      let mirrored = try prompts.checks(decoder, threads: 1, seed: seed)
        .causalCheck(reversed, opening, options)
      #expect(mirrored.removal.positives.change == found.removal.positives.change)
      #expect(mirrored.additions[0].added == found.additions[0].subtracted)
      #expect(!mirrored.passes)
    }
  }

  @Test("hardly ever passes for a direction drawn at random")
  func random() throws {
    let decoder = try tinyDecoder("llama-tied")
    let (prompts, _, opening) = try planted(decoder, seed: 9)
    let options = CausalOptions(promptsPerClass: 12, draws: 10)
    let passes = try (0..<40 as Range<UInt64>).count { seed in
      let direction = try Direction(
        randomValues(decoder.description.dModel, seed: 100 + seed), site: Self.site,
        source: "a test vector")
      return try prompts.checks(decoder, seed: seed).causalCheck(direction, opening, options).passes
    }
    // One seventeenth would be 2.4 of 40 if only one of the comparisons counted.
    #expect(passes <= 2)
  }

  @Test("refuses a direction of another width")
  func width() throws {
    let prompts = CheckedPrompts(count: 8, seed: 1)
    let direction = try Direction([1, 2], site: Self.site, source: "a test vector")
    #expect(
      throws: InferenceError.vectorWidth(
        source: "the probe's direction", found: 2, site: "blocks.1.resid_post", expected: 32)
    ) {
      try prompts.checks(tinyDecoder("qwen3")).causalCheck(direction, opening([5]))
    }
  }

  @Test("counts random directions that change as much into its p-value")
  func pValue() throws {
    let change = try #require(ClusterBootstrap.estimate(-2, [-3, -1]))
    let effect = ClassEffect(change: change, random: [0.5, 2, -3, 1.9])
    #expect(effect.pValue == 3.0 / 5)
    #expect(!effect.exceedsRandom)
    #expect(ClassEffect(change: change, random: [1, -1]).exceedsRandom)
  }
}
