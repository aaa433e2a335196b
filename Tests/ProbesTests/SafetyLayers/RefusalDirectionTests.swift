import Foundation
import Inference
import Kernels
import ModelFiles
import Probes
import Reports
import TestSupport
import Testing
import Tokenization

@Suite("Refusal direction")
struct RefusalDirectionTests {
  /// A model whose block 1 alone writes what the head reads.
  private func writer(seed: UInt64 = 1) -> CarryingWeights {
    var weights = CarryingWeights(seed: seed)
    weights.write(inLayer: 1)
    weights.speak(CarryingWeights.refusal)
    return weights
  }

  private func options() -> DirectionOptions {
    var options = DirectionOptions(draws: 200)
    // The planted model has little else to say, so taking its refusal away moves its answers too.
    options.limits.divergence = 1
    return options
  }

  private func found(
    _ weights: CarryingWeights, _ options: DirectionOptions, threads: Int = 2
  ) throws -> FoundDirection {
    let pairs = CarryingPairs(count: 96, seed: 3)
    return try pairs.checks(weights.decoder(), threads: threads).refusalDirection(
      opening([CarryingWeights.refusalToken]), parts: pairs.parts, endOfSequence: [63], options)
  }

  @Test("is found where it is written, and everything that could refute it does not")
  func planted() throws {
    let found = try found(writer(), options())
    let result = found.result
    let chosen = try #require(result.chosen)
    let vector = try #require(found.vector)
    #expect(chosen.layer >= 2 && chosen.layer < 4)
    #expect(vector.site == HookSite(.residPre, layer: chosen.layer))
    let unit = try Direction(vector.values, site: vector.site, source: "found").unit
    #expect(abs(unit[CarryingWeights.refusal]) > 0.8)
    #expect(result.gridSize == 18)
    #expect(result.candidates.count == 18)
    #expect(result.positions == ["template.tail[-3]", "template.tail[-2]", "template.tail[-1]"])
    // Every prompt's template is the same token, so that nothing tells classes apart before the first block.
    for candidate in result.candidates where candidate.layer == 0 {
      #expect(candidate.norm == 0 && candidate.scores == nil)
      #expect(candidate.faults.contains(.undefined))
    }
    for candidate in result.candidates where candidate.layer >= 4 {
      #expect(candidate.faults.contains(.late))
    }
    let test = try #require(chosen.test)
    #expect(test.drop.low > 2)
    #expect(test.rise.low > 2)
    let (random, shuffled) = (chosen.nulls.random, chosen.nulls.shuffled)
    #expect(random.scores.count == 20)
    #expect(random.bypassChance == 1.0 / 21)
    #expect(random.induceChance == 1.0 / 21)
    #expect(try #require(random.cosine) < 0.3)
    #expect(shuffled.scores.count == 20)
    #expect(shuffled.induceChance == 1.0 / 21)
    #expect(chosen.stability.bootstrap.low > 0.9)
    #expect(chosen.stability.halves.low > 0.8)
    #expect(chosen.residue < 1e-4)
    #expect(chosen.guards.map(\.kind) == [.winsorised, .masked])
    #expect(chosen.guards[0].cosine > 0.95)
    #expect(result.curves.count == 6)
    #expect(result.curves[0].drop == nil)
    let loss = try #require(chosen.replyLoss)
    #expect(loss.tokens > 0 && loss.baseline.value > 0)
    let own = try #require(chosen.promptLoss)
    #expect(own.tokens > 0 && own.baseline.value > 0)
  }

  @Test("does not depend on threads")
  func threads() throws {
    let one = try found(writer(), options(), threads: 1)
    let three = try found(writer(), options(), threads: 3)
    #expect(one.result == three.result)
    #expect(one.vector?.values == three.vector?.values)
  }

  @Test("is not looked for in a model that hardly refuses")
  func unaligned() throws {
    var weights = CarryingWeights(seed: 2)
    weights.write(inLayer: 1)
    let found = try found(weights, options())
    #expect(found.result.outcome == .tooFewPrompts(.train))
    #expect(found.result.candidates.isEmpty)
    #expect(found.vector == nil)
    let train = try #require(found.result.samples.first)
    #expect(train.drawnPositives == 48 && train.positives.isEmpty)
    let text = DirectionReport(
      LayerDirection(direction: found.result, steering: nil), origin: try .planted(),
      toolVersion: "1",
      backend: "none"
    ).forms.terminalText
    #expect(text.contains("No direction was looked for"))

    var keeping = options()
    keeping.keepsAllPrompts = true
    let kept = try self.found(weights, keeping)
    #expect(kept.result.candidates.count == 18)
  }

  @Test("is none where all candidates are discarded, and the grid says why")
  func discarded() throws {
    var strict = options()
    strict.limits.induced = 1000
    let found = try found(writer(), strict)
    #expect(found.result.outcome == .allDiscarded)
    #expect(found.result.candidates.count == 18)
    #expect(found.result.candidates.allSatisfy { !$0.faults.isEmpty })
    #expect(found.vector == nil)
  }

  @Test("is not looked for where a part has no prompts, which is not the model's doing")
  func oneGroup() throws {
    let pairs = CarryingPairs(count: 48, seed: 3)
    let found = try pairs.checks(writer().decoder()).refusalDirection(
      opening([CarryingWeights.refusalToken]), parts: pairs.parts.map { _ in .train },
      endOfSequence: [63], options())
    #expect(found.result.outcome == .tooFewPrompts(.dev))
    let text = DirectionReport(
      LayerDirection(direction: found.result, steering: nil), origin: try .planted(),
      toolVersion: "1", backend: "none"
    ).forms.terminalText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("there are 0 harmful and 0 harmless prompts to choose by"))
    #expect(!text.contains("Where a model refuses nothing"))
  }

  @Test("is reported with the size of the grid that it was chosen from")
  func gridSize() throws {
    let found = try found(writer(), options())
    let report = DirectionReport(
      LayerDirection(direction: found.result, steering: nil), origin: try .planted(),
      toolVersion: "1",
      backend: "none")
    for text in [report.forms.terminalText, report.forms.markdown, report.forms.html(charts: nil)] {
      let oneLine = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(oneLine.contains("among 18 candidates"))
      #expect(!oneLine.contains("knows"))
    }
    let json = try report.json()
    #expect(String(decoding: json, as: UTF8.self).contains("\"kind\" : \"layers-direction\""))
  }

  @Test("taken out of activations, is taken out as from the weights")
  func weights() throws {
    let weights = writer()
    let unit = try Direction(
      randomValues(32, seed: 4), site: HookSite(.residPre, layer: 0), source: "a test vector"
    ).unit
    let plain = try weights.decoder()
    let edited = try weights.ablated(unit).decoder()
    let pairs = CarryingPairs(count: 6, seed: 5)
    for prompt in pairs.tokens {
      func logits(_ decoder: Decoder, _ hooks: [any ActivationHook]) throws -> [Float] {
        var space = DecoderWorkspace(for: decoder.description)
        try decoder.forward(
          TokenBatch([prompt]), hooks: HookTable(hooks, for: decoder.description), logits: .all,
          &space)
        let rows = space.logits[rows: 0..<prompt.ids.count]
        return rows.indices.map { rows[$0] }
      }
      let hooked = try logits(plain, Intervention.ablation(of: unit, layers: 0..<6))
      expectClose(hooked, try logits(edited, []), TestSupport.Tolerance.decoder)
      #expect(try logits(plain, []) != hooked)
    }
  }

  @Test("is bypassed and induced as in ordinary passes")
  func bench() throws {
    let decoder = try tinyDecoder("qwen3")
    let prompts = CheckedPrompts(count: 20, seed: 6).tokens
    let tokens = try opening([5, 100]).tokens
    let vector = randomValues(decoder.description.dModel, seed: 9)
    let direction = try Direction(
      vector, site: HookSite(.residPre, layer: 1), source: "a test vector")
    let bench = try DirectionBench(
      decoder, positives: Array(prompts[..<10]), negatives: Array(prompts[10...]), tokens: tokens,
      threads: 2)
    func logOdds(_ prompts: ArraySlice<TokenizedPrompt>, _ hooks: [any ActivationHook]) throws
      -> [Double]
    {
      let generator = Generator(decoder: decoder, endOfSequence: [], hooks: hooks)
      return try prompts.map { try generator.refusalLogOdds($0, tokens) }
    }
    #expect(bench.refused == (try logOdds(prompts[..<10], [])))
    #expect(bench.answered == (try logOdds(prompts[10...], [])))
    let layers = 0..<decoder.description.layerCount
    let ablation = Intervention.ablation(of: direction.unit, layers: layers)
    let ablated = try bench.ablated(direction.unit)
    #expect(ablated.refused == (try logOdds(prompts[..<10], ablation)))
    for layer in layers {
      #expect(
        try bench.induced(vector, layer: layer)
          == logOdds(prompts[10...], [Intervention(.add(vector), at: .residPre, layers: [layer])]))
    }
    for (prompt, found) in zip(prompts[10...], ablated.divergences) {
      func probabilities(_ hooks: [any ActivationHook]) throws -> [Double] {
        var space = DecoderWorkspace(for: decoder.description)
        try decoder.forward(
          TokenBatch([prompt]), hooks: HookTable(hooks, for: decoder.description), logits: .last,
          &space)
        let row = space.logits[rows: 0..<1]
        return (0..<row.count).map { exp(logProbability(of: $0, in: row)) }
      }
      let (before, after) = (try probabilities([]), try probabilities(ablation))
      let expected = zip(before, after).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
      expectClose(found, expected, within: Tolerance.rounding, scale: 1)
    }
  }

  @Test("has the last positions that all prompts share")
  func tail() {
    func prompt(_ user: [Int32], _ tail: [Int32]) -> TokenizedPrompt {
      TokenizedPrompt(
        ids: user + tail, roles: user.map { _ in .user } + tail.map { _ in .tail })
    }
    let alike = [prompt([7, 8], [1, 2, 3]), prompt([9], [1, 2, 3])]
    #expect(
      TailPositions(alike).names == [
        "template.tail[-3]", "template.tail[-2]", "template.tail[-1]",
      ])
    #expect(
      TailPositions(
        alike.map { TokenizedPrompt(ids: $0.ids + [4], roles: $0.roles + [.assistant]) },
        replyCount: 1
      ).names == ["template.tail[-3]", "template.tail[-2]", "template.tail[-1]", "reply[0]"])
    #expect(TailPositions([prompt([7], [5, 2, 3]), prompt([7], [1, 2, 3])]).count == 2)
    #expect(TailPositions([prompt([7], []), prompt([8], [])]).names == ["last"])
  }
}

extension LayersOrigin {
  /// Of planted prompts.
  static func planted() throws -> LayersOrigin {
    let text = """
      {"modelDigest": "model", "tokenizerDigest": "tokenizer", "promptsDigest": "prompts",
       "encoding": {"isRaw": false, "parsesSpecialTokens": false, "addsGenerationPrompt": true},
       "precision": "f32", "positives": 96, "negatives": 96, "groups": 24, "groupColumn": "group",
       "meaningOfOne": "1", "meaningOfZero": "0", "unlabeled": 0, "seed": 0}
      """
    return try JSONDecoder().decode(LayersOrigin.self, from: Data(text.utf8))
  }
}
