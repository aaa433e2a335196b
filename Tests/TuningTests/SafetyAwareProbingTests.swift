import Foundation
import Inference
import Kernels
import TestSupport
import Testing
import Tokenization
import Tuning

/// The checks of the method's specification, on a network whose gradients are exact.
@Suite("Safety-aware probing")
struct SafetyAwareProbingTests {
  /// A network, a task batch, pairs, and the method with a move of a given length.
  private struct Scene {
    let model: ToyNetwork
    let batch: LossBatch
    let contrast: ContrastiveSet

    init(seed: UInt64) {
      model = ToyNetwork(seed: seed)
      batch = LossBatch(toyExamples(6, seed: seed &+ 100))
      contrast = .toy(4, seed: seed &+ 200)
    }

    var matrices: [TrainableTensor] { model.tensors.filter { $0.shape.count == 2 } }

    var input: StepInput {
      StepInput(model: model, trained: model.tensors, batches: [batch], step: 0)
    }

    func method(
      move: Double, probe: Double, layers: LayerRange = LayerRange(first: 0, last: 1),
      mode: SafetyAwareProbing.Mode = .raw, lagged: Bool = false, interval: Int = 1
    ) -> SafetyAwareProbing {
      let norm = matrices.reduce(0.0) { sum, tensor in
        tensor.values.array().reduce(sum) { $0 + Double($1) * Double($1) }
      }.squareRoot()
      return SafetyAwareProbing(
        contrast: contrast,
        options: SafetyAwareProbing.Options(
          layers: layers, probeSize: probe, moveShare: move / norm, mode: mode, isLagged: lagged,
          pairsPerStep: 4, reportInterval: interval),
        seed: 1)
    }

    /// The gradient that a strategy leaves.
    func gradient(_ strategy: any TuningStrategy) throws -> (
      outcome: StepOutcome, values: [[Float]]
    ) {
      model.clearGradients()
      let outcome = try strategy.makeGradient(input)
      return (outcome, model.gradients)
    }

    /// The safety loss and its gradient by the matrices.
    func safety() throws -> (loss: Double, gradient: [[Float]]) {
      model.clearGradients()
      let batch = ContrastiveLoss.batch(contrast.pairs)
      let none = HookTable(layerCount: model.layerCount)
      let loss = try model.differentiate(
        batch, GradientRequest(hooks: none, gradientHooks: none),
        objective: ContrastiveLoss().objective(for: batch)
      ).loss
      return (loss, matrices.map { $0.gradient.array() })
    }
  }

  private static func dot(_ left: [[Float]], _ right: [[Float]]) -> Double {
    zip(left.joined(), right.joined()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  // MARK: 1

  @Test(
    "no move, no probe or no layers give the plain gradient, bit for bit",
    arguments: SafetyAwareProbing.Mode.allCases)
  func degenerate(mode: SafetyAwareProbing.Mode) throws {
    let scene = Scene(seed: 3)
    let plain = try scene.gradient(PlainTuning())
    let cases: [(String, SafetyAwareProbing)] = [
      ("no move", scene.method(move: 0, probe: 0.05, mode: mode)),
      ("no probe", scene.method(move: 0.1, probe: 0, mode: mode)),
      ("no layers", scene.method(move: 0.1, probe: 0.05, layers: .none, mode: mode)),
    ]
    for (name, method) in cases {
      let found = try scene.gradient(method)
      #expect(found.values == plain.values, "\(name)")
      #expect(found.outcome.loss == plain.outcome.loss, "\(name)")
    }
    let active = try scene.gradient(scene.method(move: 0.1, probe: 0.05, mode: mode))
    #expect(active.values != plain.values)
  }

  // MARK: 2

  @Test("weights have their bits again after a step, also when the model fails in the middle of it")
  func restoration() throws {
    let scene = Scene(seed: 4)
    let before = scene.model.weights
    for mode in SafetyAwareProbing.Mode.allCases {
      for lagged in [false, true] {
        _ = try scene.gradient(scene.method(move: 0.3, probe: 0.05, mode: mode, lagged: lagged))
        #expect(scene.model.weights == before)
      }
    }
  }

  // MARK: 3

  @Test("the move raises the safety loss, and by the length of its gradient to first order")
  func direction() throws {
    for seed in 0..<20 as Range<UInt64> {
      let scene = Scene(seed: seed + 1)
      let (loss, gradient) = try scene.safety()
      let norm = Self.dot(gradient, gradient).squareRoot()
      let size = 0.01
      for (tensor, slope) in zip(scene.matrices, gradient) {
        tensor.values.assign(
          zip(tensor.values.array(), slope).map { $0 + Float(size / norm) * $1 })
      }
      let rise = try scene.safety().loss - loss
      #expect(rise > 0, "seed \(seed)")
      #expect(abs(rise / (size * norm) - 1) < 0.05, "seed \(seed): \(rise / (size * norm))")
    }
  }

  // MARK: 4

  @Test(
    "a small probe raises what the move costs by its size times the squared norm of its gradient")
  func ascent() throws {
    for seed in 0..<20 as Range<UInt64> {
      let scene = Scene(seed: seed + 1)
      let probe = 0.03
      let counters = try scene.gradient(scene.method(move: 0.1, probe: probe)).outcome.counters
      let norm = try #require(counters["probe_gradient_norm"])
      let rise =
        try #require(counters["move_cost_with_probe"]) - #require(counters["move_cost"])
      let predicted = probe * norm * norm
      #expect(abs(rise / predicted - 1) < 0.1, "seed \(seed): \(rise), \(predicted) predicted")
      #expect(counters["noise_floor"] == 0)
    }
  }

  // MARK: 5

  @Test("the step leans against the safety gradient by the predicted amount, over seeds and modes")
  func lean() throws {
    for seed in 0..<20 as Range<UInt64> {
      let scene = Scene(seed: seed + 1)
      let plain = try scene.gradient(PlainTuning()).values
      let safety = try scene.safety().gradient
      let norm = Self.dot(safety, safety).squareRoot()
      func lean(_ mode: SafetyAwareProbing.Mode) throws -> (
        found: Double, counters: [String: Double]
      ) {
        let (outcome, values) = try scene.gradient(
          scene.method(move: 0.01, probe: 0.01, mode: mode))
        let difference = zip(values, plain).map { zip($0, $1).map { $0 - $1 } }
        return (
          Self.dot(Array(difference.prefix(safety.count)), safety) / norm, outcome.counters
        )
      }
      let raw = try lean(.raw)
      let slope = try #require(raw.counters["probe_gradient_norm"])
      // beta · eps · |Mᵀg|², where |g_V| = eps · |Mᵀg|.
      let predicted = 0.01 * slope * slope / 0.01
      #expect(raw.found > 0, "seed \(seed)")
      #expect(abs(raw.found / predicted - 1) < 0.05, "seed \(seed): \(raw.found / predicted)")
      #expect(try lean(.rms).found > 0, "seed \(seed): any positive diagonal keeps the sign")
    }
  }

  @Test("a descent step with the probe lowers the safety loss more than a plain one")
  func descent() throws {
    for seed in 0..<20 as Range<UInt64> {
      func fall(_ strategy: (Scene) -> any TuningStrategy) throws -> Double {
        let scene = Scene(seed: seed + 1)
        let before = try scene.safety().loss
        _ = try scene.gradient(strategy(scene))
        let descent = GradientDescent()
        for (index, tensor) in scene.model.tensors.enumerated() {
          descent.update(tensor, index: index, rate: 0.01, decay: 0)
        }
        return before - (try scene.safety().loss)
      }
      let plain = try fall { _ in PlainTuning() }
      let probed = try fall { $0.method(move: 0.1, probe: 0.1, mode: .rms) }
      #expect(probed > plain, "seed \(seed): \(probed), plain \(plain)")
    }
  }

  // MARK: 6

  @Test("the probe is gone after the step, and no tensor of the model is the probe's")
  func noLeakage() throws {
    let scene = Scene(seed: 5)
    let none = HookTable(layerCount: scene.model.layerCount)
    let before = try scene.model.losses(scene.batch, hooks: none)
    let names = scene.model.tensors.map(\.name)
    let method = scene.method(move: 0.1, probe: 0.5, mode: .adam)
    _ = try scene.gradient(method)
    #expect(try scene.model.losses(scene.batch, hooks: none) == before)
    #expect(scene.model.tensors.map(\.name) == names)
    #expect(names.allSatisfy { !$0.contains("probe") })
  }

  // MARK: 7

  @Test("the optimiser is given the gradient of the last pass alone")
  func isolation() throws {
    let scene = Scene(seed: 6)
    let method = scene.method(move: 0.1, probe: 0.05, mode: .rms, lagged: true)
    _ = try scene.gradient(method)
    // A lagged method keeps its probe, which its state tells.
    let vectors = try (0...1).map { try #require(method.state().arrays["probe.\($0)"]) }
    let found = try scene.gradient(method).values
    let fresh = Scene(seed: 6)
    fresh.model.clearGradients()
    _ = try fresh.input.addTaskGradient(
      hooks: vectors.enumerated().map {
        Intervention(.add($0.element), at: .residPost, layers: [$0.offset])
      })
    #expect(found == fresh.model.gradients)
  }

  // MARK: Modes, skipping, the safety loss

  @Test("in rms mode every block's probe has the size that was asked for")
  func size() throws {
    let scene = Scene(seed: 7)
    let method = scene.method(move: 1e-3, probe: 0.05, mode: .rms, lagged: true)
    _ = try scene.gradient(method)
    for layer in 0...1 {
      let vector = try #require(method.state().arrays["probe.\(layer)"])
      let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
      let size = (squares / Double(vector.count)).squareRoot()
      #expect(abs(size - 0.05) < 1e-6)
    }
  }

  @Test("a lagged method makes its first step plain")
  func lag() throws {
    let scene = Scene(seed: 8)
    let method = scene.method(move: 0.1, probe: 0.05, mode: .rms, lagged: true)
    let plain = try scene.gradient(PlainTuning()).values
    #expect(try scene.gradient(method).values == plain)
    #expect(try scene.gradient(method).values != plain)
  }

  @Test("a vanished safety gradient makes a plain step, which is counted")
  func skipping() throws {
    let scene = Scene(seed: 9)
    let same = ContrastiveSet(
      pairs: scene.contrast.pairs.map {
        ContrastiveSet.Pair(safeAnswer: $0.safeAnswer, unsafeAnswer: $0.safeAnswer)
      })
    let method = SafetyAwareProbing(
      contrast: same,
      options: SafetyAwareProbing.Options(
        layers: LayerRange(first: 0, last: 1), moveShare: 0.1, mode: .raw), seed: 1)
    let (outcome, values) = try scene.gradient(method)
    #expect(outcome.counters["skipped"] == 1)
    #expect(values == (try scene.gradient(PlainTuning()).values))
    #expect(try #require(outcome.counters["safety_gradient_norm"]) < 1e-12)
  }

  @Test("the cosine with the task gradient is reported")
  func cosine() throws {
    let scene = Scene(seed: 10)
    let (outcome, values) = try scene.gradient(scene.method(move: 0.1, probe: 0.05))
    let task = Array(values.prefix(scene.matrices.count))
    let safety = try scene.safety().gradient
    let expected =
      Self.dot(safety, task) / (Self.dot(safety, safety) * Self.dot(task, task)).squareRoot()
    #expect(abs(try #require(outcome.counters["safety_task_cosine"]) - expected) < 1e-6)
  }

  @Test("long answers saturate the logistic form of sums, and not that of means")
  func saturation() throws {
    var examples: [TrainingExample] = []
    for seed in [1, 2] as [UInt64] {
      let ids = randomValues(400, seed: seed).map { Int32(abs($0) * 1000) % 11 }
      examples.append(
        TrainingExample(
          line: 1, id: "long", ids: ids, roles: Array(repeating: .assistant, count: 400),
          carriesLoss: Array(repeating: true, count: 400)))
    }
    let batch = LossBatch(examples)
    let losses = batch.targets.map { $0.sequence == 0 ? 1.0 : 3.0 }
    let sums = ContrastiveLoss(normalizesLength: false).objective(for: batch)(losses)
    let means = ContrastiveLoss().objective(for: batch)(losses)
    #expect(sums.slopes.allSatisfy { abs($0) < 1e-30 })
    #expect(means.slopes.allSatisfy { abs($0) > 1e-5 })
    #expect(abs(means.loss - log1p(exp(-2.0))) < 1e-12)
    let difference = ContrastiveLoss(.difference).objective(for: batch)(losses)
    #expect(abs(difference.loss + 2) < 1e-12)
  }

  @Test("the safety loss's slopes are its derivatives", arguments: ContrastiveLoss.Form.allCases)
  func slopes(form: ContrastiveLoss.Form) {
    let batch = ContrastiveLoss.batch(ContrastiveSet.toy(3).pairs)
    let objective = ContrastiveLoss(form, temperature: 0.7).objective(for: batch)
    let losses = randomValues(batch.targets.count, seed: 4).map { Double($0) + 2 }
    let slopes = objective(losses).slopes
    for index in losses.indices {
      var moved = losses
      moved[index] += 1e-5
      let above = objective(moved).loss
      moved[index] -= 2e-5
      let slope = (above - objective(moved).loss) / 2e-5
      #expect(abs(slope - Double(slopes[index])) < 1e-6)
    }
  }

  @Test("the middle blocks are ten of 32, and at least one of any model")
  func layers() {
    #expect(SafetyAwareProbing.Options.middleLayers(of: 32).description == "10-19")
    #expect(SafetyAwareProbing.Options.middleLayers(of: 30).description == "10-18")
    #expect(SafetyAwareProbing.Options.middleLayers(of: 1).description == "0-0")
    #expect(SafetyAwareProbing.Options.middleLayers(of: 2).description == "0-1")
  }
}
