import Foundation
import Inference
import TestSupport
import Testing
import Tuning

@Suite("The loop")
struct TuningLoopTests {
  @Test("tuning lowers the loss on the task")
  func learning() throws {
    let model = ToyNetwork()
    let loop = try TuningLoop(
      model: model, plan: .toy(steps: 60, rate: 0.02), strategy: PlainTuning(),
      training: toyExamples(12), path: "toy", heldOut: toyExamples(12))
    let outcome = try loop.run()
    let losses = outcome.evaluations.map(\.loss)
    #expect(outcome.evaluations.map(\.step) == [0, 60])
    #expect(losses[1] < 0.7 * losses[0], "\(losses)")
  }

  @Test("batches of a step weigh every target the same, however the step is divided")
  func accumulation() throws {
    func weights(_ size: Int, _ accumulation: Int) throws -> [[Float]] {
      let model = ToyNetwork()
      var plan = TuningPlan.toy(steps: 4, rate: 0.05)
      plan.batches = BatchStream.Plan(
        size: .examples(size), accumulation: accumulation, shuffles: false)
      plan.algorithm = .sgd
      _ = try TuningLoop(
        model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy"
      ).run()
      return model.weights
    }
    let whole = try weights(8, 1)
    for (divided, expected) in zip(try weights(2, 4), whole) {
      expectClose(divided, expected, .kernel)
    }
  }

  @Test("a gradient longer than the limit is shortened to it")
  func clipping() throws {
    func move(_ clip: Double?) throws -> (length: Double, clipped: Int) {
      let model = ToyNetwork()
      let before = model.weights
      var plan = TuningPlan.toy(steps: 1, rate: 0.5)
      plan.algorithm = .sgd
      plan.clip = clip
      let outcome = try TuningLoop(
        model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy"
      ).run()
      let squares = zip(model.weights.joined(), before.joined()).reduce(0.0) {
        $0 + pow(Double($1.0) - Double($1.1), 2)
      }
      return (squares.squareRoot(), outcome.clippedSteps)
    }
    let free = try move(nil)
    #expect(free.length > 0.1)
    let clipped = try move(0.02)
    #expect(abs(clipped.length - 0.5 * 0.02) < 1e-5 && clipped.clipped == 1)
    let wide = try move(1000)
    #expect(wide.length == free.length && wide.clipped == 0)
  }

  @Test("norms and biases do not decay, matrices do")
  func decay() throws {
    func weights(_ decay: Double) throws -> ToyNetwork {
      let model = ToyNetwork()
      var plan = TuningPlan.toy(steps: 3, rate: 0.01)
      plan.weightDecay = decay
      _ = try TuningLoop(
        model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy"
      ).run()
      return model
    }
    // One step shows the decay alone; later ones also what it changes in the gradient.
    let (plain, decayed) = (try weights(0), try weights(0.5))
    #expect(plain.weights[0] != decayed.weights[0])
    let model = ToyNetwork()
    let norm = try #require(model.tensors.last)
    let matrix = model.tensors[0]
    let plan = { () -> TuningPlan in
      var plan = TuningPlan.toy(steps: 1, rate: 0.01)
      plan.weightDecay = 0.5
      return plan
    }()
    let before = (matrix.values.array(), norm.values.array())
    let free = ToyNetwork()
    _ = try TuningLoop(
      model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy"
    ).run()
    _ = try TuningLoop(
      model: free, plan: .toy(steps: 1, rate: 0.01), strategy: PlainTuning(),
      training: toyExamples(16), path: "toy"
    ).run()
    #expect(norm.values.array() == free.weights[free.weights.count - 1])
    #expect(norm.values.array() != before.1)
    expectClose(
      matrix.values.array(),
      zip(free.weights[0], before.0).map { $0 - 0.01 * 0.5 * $1 }, .kernel)
  }

  @Test("modules may have rates of their own")
  func moduleRates() throws {
    func weights(_ rates: [WeightModule: Double]) throws -> [[Float]] {
      let model = ToyNetwork()
      var plan = TuningPlan.toy(steps: 1, rate: 0.01)
      plan.moduleRates = rates
      _ = try TuningLoop(
        model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy"
      ).run()
      return model.weights
    }
    let before = ToyNetwork().weights
    let (plain, faster) = (try weights([:]), try weights([.upProjection: 0.02]))
    #expect(plain[1] == faster[1])
    expectClose(
      zip(faster[0], before[0]).map { $0 - $1 },
      zip(plain[0], before[0]).map { 2 * ($0 - $1) }, .decoder)
  }

  @Test("a loss that is no number ends the run, names step and lines, and keeps the checkpoint")
  func notFinite() throws {
    let folder = try TemporaryRun()
    let model = ToyNetwork()
    model.breaksAtBatch = 5
    var plan = TuningPlan.toy(steps: 10, rate: 0.01)
    plan.checkpointInterval = 2
    let loop = try TuningLoop(
      model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy",
      folder: try folder.open(.new))
    let error = #expect(throws: TuningError.self) { try loop.run() }
    guard case .brokenDown(.notFinite("loss"), 6, let places, let checkpoint?, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(places.count == 8 && places[0].path == "toy")
    #expect(checkpoint.hasSuffix("step-00000004.safetensors"))
    #expect(error?.description.contains("step 6") == true)
    #expect(FileManager.default.fileExists(atPath: checkpoint))
  }

  /// The error of a run that breaks down, and the steps of the checkpoint it names.
  private func breakdown(
    _ rate: Double = 0.01, checkpointInterval: Int = 1, _ adjust: (ToyNetwork) -> Void
  ) throws -> (error: TuningError?, checkpoint: Int?) {
    let folder = try TemporaryRun()
    let model = ToyNetwork()
    adjust(model)
    var plan = TuningPlan.toy(steps: 10, rate: rate)
    plan.algorithm = .sgd
    plan.evaluationInterval = 4
    plan.checkpointInterval = checkpointInterval
    let loop = try TuningLoop(
      model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(16), path: "toy",
      heldOut: toyExamples(3, seed: 7), folder: try folder.open(.new))
    let error = #expect(throws: TuningError.self) { try loop.run() }
    guard case .brokenDown(_, _, _, let path, _)? = error else { return (error, nil) }
    #expect(path.map { FileManager.default.fileExists(atPath: $0) } ?? true)
    return (error, path.flatMap { Int($0.suffix(20).prefix(8)) })
  }

  @Test("a loss without any gradient ends the run, and the state before its cause is named")
  func noGradient() throws {
    let (error, checkpoint) = try breakdown { $0.vanishesAtBatch = 5 }
    guard case .brokenDown(.noGradient, 6, let places, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(places.count == 8)
    // The state after step 5 is the one whose gradient vanished.
    #expect(checkpoint == 4)
  }

  @Test("an update beyond what floats hold ends the run before it is saved")
  func update() throws {
    let (error, checkpoint) = try breakdown(1e39) { _ in }
    guard case .brokenDown(.notFinite("update"), 1, _, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(checkpoint == nil)
    #expect(error?.description.contains("no checkpoint of an earlier state") == true)
  }

  @Test("a held-out loss that is no number ends the run before its state is saved")
  func heldOutLoss() throws {
    let (error, checkpoint) = try breakdown { $0.breaksAtPass = 1 }
    guard case .brokenDown(.notFinite("held-out loss"), 4, [], _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(checkpoint == 3)
  }

  @Test("a run whose held-out loss no longer falls ends early with its best weights")
  func earlyStopping() throws {
    func run(_ patience: Int?, _ steps: Int) throws -> (TuningOutcome, ToyNetwork) {
      let model = ToyNetwork()
      var plan = TuningPlan.toy(steps: steps, rate: 0.05)
      plan.evaluationInterval = 5
      plan.patience = patience
      plan.course = .constant
      let loop = try TuningLoop(
        model: model, plan: plan, strategy: PlainTuning(), training: toyExamples(6), path: "toy",
        heldOut: toyExamples(6, seed: 99))
      return (try loop.run(), model)
    }
    let (outcome, model) = try run(2, 200)
    #expect(outcome.stoppedEarly && outcome.steps < 200)
    let best = try #require(outcome.best)
    #expect(best.loss == outcome.evaluations.map(\.loss).min())
    #expect(outcome.evaluations.suffix(2).allSatisfy { $0.loss >= best.loss })
    #expect(model.weights == (try run(nil, best.step)).1.weights)
  }

  @Test("a strategy that leaves nothing to train is refused")
  func nothingToTrain() throws {
    let model = ToyNetwork()
    #expect(throws: TuningError.nothingToTrain(strategy: "ml-lr")) {
      try TuningLoop(
        model: model, plan: .toy(steps: 3), strategy: ModularRates(robust: ModuleSet([]), share: 0),
        training: toyExamples(4), path: "toy")
    }
  }
}

extension TuningPlan {
  /// A short run on toy examples.
  static func toy(steps: Int, rate: Double = 0.01, seed: UInt64 = 3) -> TuningPlan {
    TuningPlan(
      length: .steps(steps), batches: BatchStream.Plan(size: .examples(8), seed: seed), rate: rate,
      clip: nil, seed: seed)
  }
}
