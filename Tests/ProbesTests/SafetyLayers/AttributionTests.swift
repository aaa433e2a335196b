import Inference
import Kernels
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Direct attribution")
struct AttributionTests {
  @Test(
    "adds up to all there is along the direction, heads to their attention",
    arguments: ["llama-tied", "llama-biased", "qwen3"])
  func sums(model: String) throws {
    let decoder = try tinyDecoder(model)
    let prompts = TokenizedPrompt.random(count: 20, seed: 1).filter { $0.ids.count >= 3 }
    let unit = try Direction(
      randomValues(decoder.description.dModel, seed: 2), site: HookSite(.residPre, layer: 0),
      source: "a test vector"
    ).unit
    let found = try ProjectedModules(
      decoder, prompts, positions: 3, along: unit, threads: 2)
    #expect(found.identityError < TestSupport.Tolerance.matrix.share)
    for layer in found.attention.indices {
      var sums: [Float] = []
      var whole: [Double] = []
      for prompt in prompts.indices {
        for place in 0..<3 {
          sums.append(
            Float(
              found.heads[layer].reduce(found.biases[layer]) { $0 + $1[prompt][place] }))
          whole.append(found.attention[layer][prompt][place])
        }
      }
      expectClose(sums, whole, TestSupport.Tolerance.matrix)
    }
    // One prompt by hand.
    var space = DecoderWorkspace(for: decoder.description)
    let site = HookSite(.mlpOut, layer: 1)
    let capture = ActivationCapture(sites: [site], rows: [prompts[4].ids.count - 2])
    try decoder.forward(
      TokenBatch([prompts[4]]), hooks: HookTable([capture], for: decoder.description), &space)
    let expected = zip(capture[site], unit).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    expectClose(found.mlp[1][4][1], expected, within: Tolerance.rounding, scale: 1)
  }

  @Test("names the block and the head that write, and not the one that reads")
  func planted() throws {
    var weights = CarryingWeights(seed: 3)
    weights.write(inLayer: 1)
    weights.read(inLayer: 3, isBounded: false)
    weights.speak(CarryingWeights.answer)
    let pairs = CarryingPairs(count: 96, seed: 7)
    var axis = [Float](repeating: 0, count: 32)
    axis[CarryingWeights.refusal] = 1
    let found = try pairs.checks(weights.decoder()).directAttribution(
      Direction(axis, site: HookSite(.residPre, layer: 2), source: "an axis"), opening([5]),
      parts: pairs.parts, draws: 200)
    let best = try #require(
      found.cells.max { $0.contribution.value < $1.contribution.value })
    #expect(best.layer == 1 && best.site == .attention)
    #expect(best.contribution.low > 1)
    let head = try #require(found.heads.max { $0.contribution < $1.contribution })
    #expect(head.layer == 1 && head.head == 0)
    for layer in found.layers where layer.layer != 1 {
      #expect(abs(layer.contribution.value) < 0.1 * best.contribution.value)
    }
  }

  @Test("refuses a direction of another width")
  func width() throws {
    let pairs = CarryingPairs(count: 48, seed: 7)
    #expect(throws: InferenceError.self) {
      try pairs.checks(CarryingWeights(seed: 1).decoder()).directAttribution(
        Direction([1, 2], site: HookSite(.residPre, layer: 1), source: "short"), opening([5]),
        parts: pairs.parts)
    }
  }
}
