public import Inference
import Kernels

/// Makes each step with a probe in the residual stream, chosen so that moving the weights in a harmful
/// direction would cost task performance (SAP).
///
/// Wu et al., arXiv 2505.16737. The probe exists only while a gradient is made.
public final class SafetyAwareProbing: TuningStrategy {
  /// How the probe follows from its gradient.
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// The gradient as it is.
    case raw
    /// The gradient of each block divided by its root mean square.
    case rms
    /// Adam's direction, with moments that outlive the step.
    case adam
  }

  /// The choices of the method.
  public struct Options: Sendable, Equatable {
    /// The probed blocks.
    public var layers: LayerRange
    /// The size of the probe's step, called beta.
    public var probeSize: Double
    /// The size of the harmful move as a share of the weights' norm, called rho.
    public var moveShare: Double
    /// How the probe follows from its gradient.
    public var mode: Mode
    /// The safety loss.
    public var safetyLoss: ContrastiveLoss
    /// Whether the probe of the step before stays for the clean pass, which saves one of four passes.
    public var isLagged: Bool
    /// Pairs in a step.
    public var pairsPerStep: Int
    /// Steps between reports of what takes passes of its own; zero for none.
    public var reportInterval: Int

    /// Choices for a model, those of the method unless said otherwise.
    public init(
      layers: LayerRange, probeSize: Double = 0.05, moveShare: Double = 2e-5, mode: Mode = .rms,
      safetyLoss: ContrastiveLoss = ContrastiveLoss(), isLagged: Bool = false,
      pairsPerStep: Int = 8, reportInterval: Int = 50
    ) {
      self.layers = layers
      self.probeSize = probeSize
      self.moveShare = moveShare
      self.mode = mode
      self.safetyLoss = safetyLoss
      self.isLagged = isLagged
      self.pairsPerStep = pairsPerStep
      self.reportInterval = reportInterval
    }

    /// The middle blocks: 10 of 32, in the same proportion for other depths.
    public static func middleLayers(of layerCount: Int) -> LayerRange {
      LayerRange(first: 34 * layerCount / 100, last: min(62 * layerCount / 100, layerCount - 1))
    }
  }

  /// A gradient of the safety loss shorter than this says nothing about a direction.
  static let shortestGradient = 1e-12

  public let name = "sap"
  private let options: Options
  private let pairs: [ContrastiveSet.Pair]
  private var stream: BatchStream
  private var probe: HiddenProbe
  private var copies: Copies?

  /// What a step needs room for, made for the tensors of the first one.
  private struct Copies {
    let tensors: [TrainableTensor]
    let values: TensorCopies
    let safetyGradient: TensorCopies

    init(for tensors: [TrainableTensor]) {
      self.tensors = tensors
      values = TensorCopies(for: tensors)
      safetyGradient = TensorCopies(for: tensors)
    }
  }

  /// Prepares the method.
  ///
  /// - Parameters:
  ///   - contrast: pairs of answers, dealt in an endless cycle.
  ///   - options: the method's choices.
  ///   - seed: fixes the order of pairs.
  public init(contrast: ContrastiveSet, options: Options, seed: UInt64) {
    precondition(
      options.probeSize >= 0 && options.moveShare >= 0 && options.pairsPerStep > 0,
      "probe \(options.probeSize), move \(options.moveShare), \(options.pairsPerStep) pairs")
    self.options = options
    pairs = contrast.pairs
    stream = BatchStream(
      lengths: pairs.map { $0.safeAnswer.ids.count + $0.unsafeAnswer.ids.count },
      BatchStream.Plan(size: .examples(options.pairsPerStep), seed: seed),
      stream: TuningStream.contrastOrder)
    probe = HiddenProbe(layers: Array(options.layers.first..<options.layers.last + 1))
  }

  public func makeGradient(_ input: StepInput) throws -> StepOutcome {
    guard !options.layers.isEmpty else { return StepOutcome(loss: try input.addTaskGradient()) }
    let copies = copies(for: input.trained)
    let safety = try addSafetyGradient(input.model)
    copies.safetyGradient.copyGradients(of: copies.tensors)
    let norm = copies.tensors.gradientNorm
    for tensor in input.model.tensors { tensor.clearGradient() }
    let size = options.moveShare * copies.tensors.valueNorm
    var counters = [
      "safety_loss": safety, "safety_gradient_norm": norm, "move": size, "skipped": 0,
    ]
    guard norm >= Self.shortestGradient else {
      counters["skipped"] = 1
      probe.clear()
      return StepOutcome(loss: try input.addTaskGradient(), counters: counters)
    }
    let move = Move(model: input.model, copies: copies, scale: Float(size / (norm + 1e-8)))
    var outcome = StepOutcome(loss: 0, counters: counters)
    try options.isLagged
      ? makeLagged(input, move, &outcome) : makeGradient(input, move, &outcome)
    let taskNorm = copies.tensors.gradientNorm
    if taskNorm > 0 {
      outcome.counters["safety_task_cosine"] =
        copies.safetyGradient.innerProduct(withGradientsOf: copies.tensors) / (norm * taskNorm)
    }
    return outcome
  }

  /// Four passes: the safety gradient is there; harmful move, clean, and with the probe.
  private func makeGradient(
    _ input: StepInput, _ move: Move, _ outcome: inout StepOutcome
  ) throws {
    let moved = try move.during { try probeGradient(input) }
    let clean = try probeGradient(input)
    let gradient = difference(moved.gradient, clean.gradient)
    probe.set(gradient: gradient, size: options.probeSize, mode: options.mode)
    outcome.loss = clean.loss
    outcome.counters["moved_loss"] = moved.loss
    outcome.counters["move_cost"] = moved.loss - clean.loss
    outcome.counters["probe_gradient_norm"] = norm(of: gradient)
    outcome.counters["probe_norm"] = probe.norm
    if options.reportInterval > 0, input.step % options.reportInterval == 0 {
      try report(input, move, clean.gradient, &outcome)
    }
    outcome.counters["probe_loss"] = try input.addTaskGradient(hooks: probe.hooks)
    probe.clear()
  }

  /// Three passes: the clean pass is the step's own, with the probe of the step before.
  private func makeLagged(
    _ input: StepInput, _ move: Move, _ outcome: inout StepOutcome
  ) throws {
    let moved = try move.during { try probeGradient(input, withDropout: true) }
    let sums = ProbeGradient(layers: probe.layers)
    outcome.counters["probe_norm"] = probe.norm
    outcome.loss = try input.addTaskGradient(hooks: probe.hooks, gradientHooks: [sums])
    let gradient = difference(moved.gradient, sums.sums)
    probe.set(gradient: gradient, size: options.probeSize, mode: options.mode)
    outcome.counters["moved_loss"] = moved.loss
    outcome.counters["move_cost"] = moved.loss - outcome.loss
    outcome.counters["probe_gradient_norm"] = norm(of: gradient)
  }

  /// What takes passes of its own: the probe's gradient without a move, and what the move costs with it.
  private func report(
    _ input: StepInput, _ move: Move, _ clean: [[Double]], _ outcome: inout StepOutcome
  ) throws {
    let again = try probeGradient(input).gradient
    outcome.counters["noise_floor"] = norm(of: difference(again, clean))
    let moved = try move.during { try input.loss(hooks: probe.hooks) }
    outcome.counters["move_cost_with_probe"] = moved - (try input.loss(hooks: probe.hooks))
  }

  private func addSafetyGradient(_ model: any DifferentiableModel) throws -> Double {
    let batch = ContrastiveLoss.batch(stream.next().batches.joined().map { pairs[$0] })
    let none = HookTable(layerCount: model.layerCount)
    return try model.differentiate(
      batch, GradientRequest(hooks: none, gradientHooks: none),
      objective: options.safetyLoss.objective(for: batch)
    ).loss
  }

  private func probeGradient(
    _ input: StepInput, withDropout: Bool = false
  ) throws -> (loss: Double, gradient: [[Double]]) {
    let sums = ProbeGradient(layers: probe.layers)
    let loss = try input.differentiateSites(
      gradientHooks: [sums], lowestLayer: options.layers.first, withDropout: withDropout)
    return (loss, sums.sums)
  }

  private func difference(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
    zip(left, right).map { zip($0, $1).map { $0 - $1 } }
  }

  private func norm(of gradient: [[Double]]) -> Double {
    gradient.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// The matrices in blocks; of full weights neither embeddings nor norms are moved.
  private func copies(for trained: [TrainableTensor]) -> Copies {
    let tensors = trained.filter { $0.layer != nil && $0.shape.count == 2 }
    if let copies, copies.tensors.map(\.name) == tensors.map(\.name) { return copies }
    let made = Copies(for: tensors)
    copies = made
    return made
  }

  /// The harmful move, and the way back.
  private struct Move {
    let model: any DifferentiableModel
    let copies: Copies
    let scale: Float

    /// Does something with the weights moved, and puts back the very bits they had.
    func during<Result>(_ body: () throws -> Result) throws -> Result {
      copies.values.copyValues(of: copies.tensors)
      copies.safetyGradient.add(to: copies.tensors, scale: scale)
      try model.valuesChanged()
      let result = Swift.Result { try body() }
      copies.values.restoreValues(of: copies.tensors)
      try model.valuesChanged()
      return try result.get()
    }
  }

  public func state() -> StrategyState {
    var state = probe.state
    state.numbers["contrast_epoch"] = stream.epoch
    state.numbers["contrast_dealt"] = stream.dealt
    return state
  }

  public func restore(_ state: StrategyState) throws {
    try probe.restore(state)
    guard
      stream.resume(
        epoch: try state.number("contrast_epoch"), dealt: try state.number("contrast_dealt"))
    else { throw StrategyStateError(missing: "a place among the pairs") }
  }
}
