import Foundation
import Inference
import TestSupport
import Testing
import Tuning

@Suite("Strategies that choose what trains")
struct StrategyTests {
  private static let robust = ModuleSet([
    ModuleSet.Member(.upProjection, layer: 1), ModuleSet.Member(.downProjection, layer: 2),
  ])

  /// The weights after some steps with a strategy, and what came of them.
  private func tune(
    _ strategy: any TuningStrategy, steps: Int = 6, clip: Double? = 1
  ) throws -> (weights: [[Float]], outcome: TuningOutcome) {
    let model = ToyNetwork()
    var plan = TuningPlan.toy(steps: steps, rate: 0.02)
    plan.weightDecay = 0.05
    plan.clip = clip
    plan.warmUpSteps = 2
    let loop = try TuningLoop(
      model: model, plan: plan, strategy: strategy, training: toyExamples(16), path: "toy")
    let outcome = try loop.run()
    return (model.weights, outcome)
  }

  /// Whether each tensor has the bits it began with.
  private func kept(_ weights: [[Float]]) -> [Bool] {
    zip(weights, ToyNetwork().weights).map { $0 == $1 }
  }

  // MARK: Frozen layers (safety-layers §8, 10)

  @Test("frozen layers keep their bits, and the others change")
  func frozen() throws {
    let weights = try tune(FrozenLayers(LayerRange(first: 1, last: 2))).weights
    #expect(kept(weights) == [false, false, true, true, true, true, false])
  }

  @Test("an empty range is plain tuning, bit for bit")
  func nothingFrozen() throws {
    #expect(try tune(FrozenLayers(.none)).weights == tune(PlainTuning()).weights)
  }

  @Test("with all blocks frozen only what is outside them changes")
  func allFrozen() throws {
    let weights = try tune(FrozenLayers(LayerRange(first: 0, last: 2))).weights
    #expect(kept(weights) == [true, true, true, true, true, true, false])
  }

  // MARK: Modular rates (module-robustness §8, 10)

  @Test("lambda 1 is plain tuning, bit for bit")
  func fullShare() throws {
    #expect(
      try tune(ModularRates(robust: Self.robust, share: 1)).weights == tune(PlainTuning()).weights)
  }

  @Test("lambda 0 leaves all but the set as it was, bit for bit")
  func noShare() throws {
    let weights = try tune(ModularRates(robust: Self.robust, share: 0)).weights
    #expect(kept(weights) == [true, true, false, true, true, false, true])
  }

  @Test("the first update outside the set is lambda times the plain one, with Adam and no decay")
  func firstUpdate() throws {
    let share = 0.125
    func updates(_ strategy: any TuningStrategy) throws -> [[Float]] {
      let model = ToyNetwork()
      // From zero the new weight is the update itself, without rounding of a sum.
      for tensor in model.tensors where tensor.shape.count == 2 {
        tensor.values.assign(Array(repeating: 0, count: tensor.count))
      }
      // Gradients that do not vanish with the weights: one of each pair of matrices stays.
      model.tensors[1].values.assign(ToyNetwork().weights[1])
      model.tensors[2].values.assign(ToyNetwork().weights[2])
      let before = model.weights
      var plan = TuningPlan.toy(steps: 1, rate: 0.02)
      plan.course = .constant
      _ = try TuningLoop(
        model: model, plan: plan, strategy: strategy, training: toyExamples(16), path: "toy"
      ).run()
      return zip(model.weights, before).map { zip($0, $1).map { $0 - $1 } }
    }
    let plain = try updates(PlainTuning())
    let modular = try updates(ModularRates(robust: Self.robust, share: share))
    #expect(modular[2] == plain[2], "a module of the set")
    #expect(modular[0].contains { $0 != 0 })
    #expect(modular[0] == plain[0].map { Float(share) * $0 }, "a module outside of it")
    // Where the weight was not zero, the sum rounds.
    expectClose(modular[1], plain[1].map { Float(share) * $0 }, .decoder)
  }

  @Test("decay outside the set shrinks with the rate")
  func decayShrinks() throws {
    let model = ToyNetwork()
    let before = model.weights[0]
    var plan = TuningPlan.toy(steps: 1, rate: 0.02)
    plan.weightDecay = 5
    let free = ToyNetwork()
    let strategy = { ModularRates(robust: Self.robust, share: 0.25) }
    _ = try TuningLoop(
      model: model, plan: plan, strategy: strategy(), training: toyExamples(16), path: "toy"
    ).run()
    plan.weightDecay = 0
    _ = try TuningLoop(
      model: free, plan: plan, strategy: strategy(), training: toyExamples(16), path: "toy"
    ).run()
    expectClose(
      zip(model.weights[0], free.weights[0]).map { $0 - $1 },
      before.map { -0.25 * 0.02 * 5 * $0 }, .decoder)
  }

  // MARK: Warm-up of modules (module-robustness §8, 11)

  @Test("a warm-up of no steps is plain tuning, and one of all steps is lambda 0")
  func warmUpEnds() throws {
    #expect(
      try tune(ModularWarmUp(robust: Self.robust, warmUpShare: 0)).weights
        == tune(PlainTuning()).weights)
    #expect(
      try tune(ModularWarmUp(robust: Self.robust, warmUpShare: 1)).weights
        == tune(ModularRates(robust: Self.robust, share: 0)).weights)
  }

  @Test(
    "a quarter of the steps trains the set alone, and what joins later begins with fresh moments")
  func warmUp() throws {
    let strategy = ModularWarmUp(robust: Self.robust)
    let tensors = ToyNetwork().tensors
    for step in 0..<8 {
      for tensor in tensors {
        let trains = step >= 2 || Self.robust.contains(tensor.module, layer: tensor.layer)
        #expect(strategy.rateShare(of: tensor, at: step, of: 8) == (trains ? 1 : 0))
      }
    }
    // The first step of what joins is as long as Adam's first is anywhere: the full rate.
    let model = ToyNetwork()
    let before = model.weights[0]
    var plan = TuningPlan.toy(steps: 4, rate: 0.01)
    plan.course = .constant
    var steps = 0
    let loop = try TuningLoop(
      model: model, plan: plan, strategy: ModularWarmUp(robust: Self.robust),
      training: toyExamples(16), path: "toy")
    var moved: [Float] = []
    _ = try loop.run(onProgress: { _ in
      steps += 1
      if steps == 1 { #expect(model.weights[0] == before) }
      if steps == 2 { moved = zip(model.weights[0], before).map { abs($0 - $1) } }
    })
    #expect(steps == 4 && !moved.isEmpty && moved.allSatisfy { abs($0 - 0.01) < 1e-4 })
  }

  // MARK: Alternation (Lisa)

  private func alternation(
    _ model: ToyNetwork, safetySteps: Int, taskSteps: Int, pull: Double
  ) -> SafetyAlternation {
    SafetyAlternation(
      safety: TrainingSet(examples: toyExamples(6, seed: 21)),
      BatchStream.Plan(size: .examples(8), seed: 3), model: model,
      options: SafetyAlternation.Options(
        safetySteps: safetySteps, taskSteps: taskSteps, pull: pull))
  }

  @Test("phases alternate, and the task has as many steps as it would have alone")
  func phases() throws {
    let model = ToyNetwork()
    let strategy = alternation(model, safetySteps: 2, taskSteps: 3, pull: 0)
    #expect(strategy.stepCount(forTaskSteps: 7) == 7 + 3 * 2)
    let loop = try TuningLoop(
      model: model, plan: .toy(steps: 7), strategy: strategy, training: toyExamples(16), path: "toy"
    )
    let outcome = try loop.run()
    #expect(outcome.steps == 13)
    #expect(outcome.counters["phase_is_safety"]?.sum == 6)
  }

  @Test("the pull is the gradient of half its size times the squared distance from the change")
  func pull() throws {
    let model = ToyNetwork()
    let strategy = alternation(model, safetySteps: 1, taskSteps: 4, pull: 0.7)
    var task = ExampleStream(
      toyExamples(16), path: "toy", BatchStream.Plan(size: .examples(8)), stream: 1)
    func gradient(at step: Int) throws -> [[Float]] {
      model.clearGradients()
      let examples = strategy.examples(at: step, from: &task)
      _ = try strategy.makeGradient(
        StepInput(
          model: model, trained: model.tensors, batches: [LossBatch(examples.batches[0])],
          step: step))
      return model.gradients
    }
    _ = try gradient(at: 0)
    let anchor = model.weights
    _ = try gradient(at: 1)
    for tensor in model.tensors { tensor.values.assign(tensor.values.array().map { $0 + 0.25 }) }
    let place = task
    let pulled = try gradient(at: 2)
    task = place
    model.clearGradients()
    let batch = LossBatch(task.next().batches[0])
    _ = try StepInput(model: model, trained: model.tensors, batches: [batch], step: 2)
      .addTaskGradient()
    for index in pulled.indices {
      expectClose(
        pulled[index],
        model.gradients[index].indices.map {
          model.gradients[index][$0] + 0.7 * (model.weights[index][$0] - anchor[index][$0])
        }, .kernel)
    }
  }

  @Test("a strong pull keeps weights nearer to where they were")
  func strength() throws {
    func distance(_ pull: Double) throws -> Double {
      let model = ToyNetwork()
      var plan = TuningPlan.toy(steps: 20, rate: 0.05)
      plan.algorithm = .sgd
      plan.course = .constant
      _ = try TuningLoop(
        model: model, plan: plan,
        strategy: alternation(model, safetySteps: 1, taskSteps: 40, pull: pull),
        training: toyExamples(16), path: "toy"
      ).run()
      return zip(model.weights.joined(), ToyNetwork().weights.joined()).reduce(0.0) {
        $0 + pow(Double($1.0) - Double($1.1), 2)
      }
    }
    #expect(try distance(5) < 0.5 * distance(0))
  }
}
