import Foundation
public import Inference
import Kernels

/// Runs the steps of a tuning: gradient, optimiser, evaluation, checkpoints.
///
/// Everything but the log's seconds depends on the model, the data, the plan and the strategy alone; a run
/// that was killed and goes on ends in the same bytes.
public final class TuningLoop {
  let model: any DifferentiableModel
  private let plan: TuningPlan
  let strategy: any TuningStrategy
  let optimizer: any TensorOptimizer
  private let heldOut: [LossBatch]
  private let schedule: LearningRateSchedule
  let folder: RunFolder?
  var task: ExampleStream
  var state = TuningState()
  /// When a checkpoint was written last.
  var lastCheckpoint = ContinuousClock.now
  /// The best values on held-out examples, where no folder keeps them.
  var bestInMemory: [[Float]]?
  private lazy var groups = RateGroup.all(
    of: model.tensors, plan, strategy, stepCount: stepCount)

  /// All steps of the run.
  public var stepCount: Int { schedule.stepCount }

  /// Prepares a run, or goes on with the latest checkpoint of its folder.
  ///
  /// - Parameters:
  ///   - model: what is tuned.
  ///   - plan: the numbers.
  ///   - strategy: what makes gradients.
  ///   - training: the examples of the task.
  ///   - path: their file, for messages.
  ///   - heldOut: examples to evaluate on.
  ///   - folder: where checkpoints and the log go; nil for none.
  /// - Throws: `TuningError` where nothing would train, or a checkpoint cannot be gone on from.
  public init(
    model: any DifferentiableModel, plan: TuningPlan, strategy: any TuningStrategy,
    training: [TrainingExample], path: String, heldOut: [TrainingExample] = [],
    folder: RunFolder? = nil
  ) throws {
    self.model = model
    self.plan = plan
    self.strategy = strategy
    self.folder = folder
    optimizer = plan.optimizer(tensorCount: model.tensors.count)
    task = ExampleStream(training, path: path, plan.batches, stream: TuningStream.taskOrder)
    let taskSteps =
      switch plan.length {
      case .steps(let steps): steps
      case .epochs(let epochs): task.stepCount(epochs: epochs)
      }
    let steps = strategy.stepCount(forTaskSteps: taskSteps)
    schedule = LearningRateSchedule(
      plan.course, warmUpSteps: plan.warmUpSteps, stepCount: steps)
    self.heldOut = Self.batches(of: heldOut)
    let trains = [0, steps - 1].contains { step in
      model.tensors.contains { strategy.rateShare(of: $0, at: max(0, step), of: steps) > 0 }
    }
    guard trains else { throw TuningError.nothingToTrain(strategy: strategy.name) }
    try resume()
  }

  /// Examples in batches of a bounded size, in their order.
  private static func batches(of examples: [TrainingExample]) -> [LossBatch] {
    guard !examples.isEmpty else { return [] }
    var stream = BatchStream(
      lengths: examples.map(\.ids.count), BatchStream.Plan(size: .tokens(2048), shuffles: false),
      stream: 0)
    return (0..<stream.stepCount(epochs: 1)).map { _ in
      LossBatch(stream.next().batches.joined().map { examples[$0] })
    }
  }

  // MARK: Running

  /// How far a run is.
  public struct Progress: Sendable {
    /// Steps done and all there are.
    public let step: Int
    public let stepCount: Int
    /// The mean loss of the last step.
    public let loss: Double?
    /// The last loss on held-out examples.
    public let heldOutLoss: Double?
  }

  /// Makes the steps that are left.
  ///
  /// - Parameters:
  ///   - shouldStop: asked after each step; true leaves a checkpoint and ends the run.
  ///   - onProgress: told after each step.
  /// - Returns: what came of the run.
  /// - Throws: `TuningError.interrupted`, `TuningError.brokenDown`, or what model and files throw.
  public func run(
    shouldStop: () -> Bool = { false }, onProgress: (Progress) -> Void = { _ in }
  ) throws -> TuningOutcome {
    lastCheckpoint = .now
    if state.step == 0, state.evaluations.isEmpty { try evaluate() }
    while state.step < stepCount, !isOutOfPatience {
      if shouldStop() {
        try writeCheckpoint()
        throw TuningError.interrupted(folder: folder?.path ?? "", step: state.step)
      }
      try step()
      if isEvaluationDue { try evaluate() }
      onProgress(
        Progress(
          step: state.step, stepCount: stepCount, loss: state.lastLoss,
          heldOutLoss: state.evaluations.last?.loss))
      if isCheckpointDue { try writeCheckpoint() }
    }
    if plan.patience != nil { try takeBest() }
    return outcome
  }

  /// What came of the steps so far.
  public var outcome: TuningOutcome {
    TuningOutcome(
      state, stepCount: stepCount, strategy: strategy.name, groups: groups.map(\.group),
      stoppedEarly: isOutOfPatience)
  }

  private var isOutOfPatience: Bool {
    plan.patience.map { state.evaluationsWithoutGain >= $0 } ?? false
  }

  private var isEvaluationDue: Bool {
    state.step == stepCount
      || (plan.evaluationInterval > 0 && state.step % plan.evaluationInterval == 0)
  }

  private var isCheckpointDue: Bool {
    if state.step == stepCount { return true }
    if plan.checkpointInterval > 0, state.step % plan.checkpointInterval == 0 { return true }
    guard let minutes = plan.checkpointMinutes else { return false }
    return lastCheckpoint.duration(to: .now) >= .seconds(60 * minutes)
  }

  private func step() throws {
    let start = ContinuousClock.now
    let index = state.step
    let trained = trainedTensors(at: index)
    let examples = strategy.examples(at: index, from: &task)
    for tensor in model.tensors { tensor.clearGradient() }
    let input = StepInput(
      model: model, trained: trained.map(\.tensor), batches: examples.lossBatches, step: index,
      dropoutSeed: plan.usesDropout ? plan.seed ^ TuningStream.dropout : nil)
    let outcome = try strategy.makeGradient(input)
    let norm = input.trained.gradientNorm
    if let breakdown = Self.breakdown(outcome, norm: norm, hasTrained: !trained.isEmpty) {
      throw brokenDown(breakdown, step: index + 1, examples.places)
    }
    let isClipped = clip(input.trained, norm: norm)
    let share = schedule.share(at: index)
    let rates = groups.map { group in
      share * plan.rate(of: group.first)
        * strategy.rateShare(of: group.first, at: index, of: stepCount)
    }
    for (place, tensor, tensorShare) in trained {
      optimizer.update(
        tensor, index: place, rate: plan.rate(of: tensor) * share * tensorShare,
        decay: plan.decay(of: tensor))
    }
    guard input.trained.allSatisfy({ $0.values.isFinite }) else {
      throw brokenDown(.notFinite("update"), step: index + 1, examples.places, isStateSound: true)
    }
    try model.valuesChanged()

    state.step += 1
    (state.epoch, state.dealt) = task.place
    state.tokens += examples.tokenCount
    state.targets += input.targetCount
    state.lastLoss = outcome.loss
    if isClipped { state.clippedSteps += 1 }
    state.note(outcome.counters)
    try folder?.append(
      TuningLog.line(
        outcome, step: state.step, epoch: examples.epoch, rates: rates, norm: norm,
        tokens: examples.tokenCount, targets: input.targetCount,
        seconds: start.duration(to: .now) / .seconds(1)))
  }

  /// Losses below this may leave no gradient that float32 can hold.
  private static let leastLoss = 1e-3

  private static func breakdown(
    _ outcome: StepOutcome, norm: Double, hasTrained: Bool
  ) -> Breakdown? {
    let figures =
      [(key: "loss", value: outcome.loss), (key: "gradient", value: norm)]
      + outcome.counters.sorted { $0.key < $1.key }
    if let bad = figures.first(where: { !$0.value.isFinite }) { return .notFinite(bad.key) }
    return hasTrained && norm == 0 && outcome.loss > leastLoss ? .noGradient : nil
  }

  /// The error for a breakdown; what a sound state led to is not the state's own fault.
  private func brokenDown(
    _ breakdown: Breakdown, step: Int, _ examples: [TrainingPlace] = [], isStateSound: Bool = false
  ) -> TuningError {
    .brokenDown(
      breakdown, step: step, examples: examples,
      checkpoint: checkpointPath(before: isStateSound ? state.step + 1 : state.step),
      folder: folder?.path ?? "memory")
  }

  private func trainedTensors(
    at step: Int
  ) -> [(place: Int, tensor: TrainableTensor, share: Double)] {
    model.tensors.enumerated().compactMap { place, tensor in
      let share = strategy.rateShare(of: tensor, at: step, of: stepCount)
      return share > 0 ? (place, tensor, share) : nil
    }
  }

  /// Shortens gradients that are longer together than the limit, as `clip_grad_norm_` does.
  private func clip(_ tensors: [TrainableTensor], norm: Double) -> Bool {
    guard let limit = plan.clip, norm > limit else { return false }
    for tensor in tensors { tensor.gradient.scale(by: Float(limit / (norm + 1e-6))) }
    return true
  }

  // MARK: Evaluation

  private func evaluate() throws {
    guard !heldOut.isEmpty else { return }
    let start = ContinuousClock.now
    let none = HookTable(layerCount: model.layerCount)
    var sum = 0.0
    var count = 0
    for batch in heldOut {
      sum += try model.losses(batch, hooks: none).reduce(0, +)
      count += batch.targets.count
    }
    let evaluation = TuningState.Evaluation(step: state.step, loss: sum / Double(count))
    guard evaluation.loss.isFinite else {
      throw brokenDown(.notFinite("held-out loss"), step: state.step)
    }
    state.note(evaluation)
    if plan.patience != nil, state.best == evaluation { try writeBest() }
    try folder?.append(
      TuningLog.line(evaluation, seconds: start.duration(to: .now) / .seconds(1)))
  }
}
