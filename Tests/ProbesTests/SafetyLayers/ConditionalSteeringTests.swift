import Inference
import ModelFiles
import Probes
import TestSupport
import Testing
import Tokenization

@Suite("Conditional steering")
struct ConditionalSteeringTests {
  @Test("tells the classes apart, and moves each of them its own way")
  func planted() throws {
    var weights = CarryingWeights(seed: 5)
    weights.write(inLayer: 0)
    weights.speak(CarryingWeights.refusal)
    let pairs = CarryingPairs(count: 96, seed: 8)
    var measure = SteeringMeasure(draws: 200)
    measure.strengths = [0, 0.05, 0.2]
    let checks = try pairs.checks(weights.decoder())
    let found = try #require(
      try checks.conditionalSteering(
        opening([CarryingWeights.refusalToken]), parts: pairs.parts, consent: 60,
        endOfSequence: [63], measure))
    #expect(try #require(found.gateAUROC).low > 0.9)
    #expect(found.found > 0.8)
    #expect(found.falseAlarms < 0.2)
    let still = found.strengths[0]
    for cells in [still.positives, still.negatives] {
      #expect(cells.refusedBefore == cells.refusedAfter)
      #expect(cells.change.value == 0 && cells.change.low == 0 && cells.change.high == 0)
    }
    #expect(still.replies?.divergence.value == 0)
    let strong = found.strengths[2]
    #expect(strong.positives.change.low > 0)
    #expect(strong.negatives.change.high < 0)
    #expect(try #require(strong.replies).divergence.value > 0)
    #expect(found.signTest.rising == found.signTest.prompts)
    #expect(found.signTest.chance < 0.001)
    let alone = try pairs.checks(weights.decoder(), threads: 1)
    #expect(
      try alone.conditionalSteering(
        opening([CarryingWeights.refusalToken]), parts: pairs.parts, consent: 60,
        endOfSequence: [63], measure) == found)
  }

  @Test("is not measured where a part has too few prompts")
  func tooFew() throws {
    let pairs = CarryingPairs(count: 16, seed: 9)
    #expect(
      try pairs.checks(CarryingWeights(seed: 1).decoder()).conditionalSteering(
        opening([5]), parts: pairs.parts, consent: 60, endOfSequence: [63]) == nil)
  }

  @Test("counts heads of fair coins")
  func binomial() {
    expectClose(binomialTail(atLeast: 3, of: 4), 5.0 / 16, within: Tolerance.rounding)
    expectClose(binomialTail(atLeast: 0, of: 7), 1, within: Tolerance.rounding)
    expectClose(binomialTail(atLeast: 7, of: 7), 1.0 / 128, within: Tolerance.rounding)
  }
}
