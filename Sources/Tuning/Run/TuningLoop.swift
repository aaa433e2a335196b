import Foundation
public import Inference
import Kernels
import ModelFiles

/// Runs the steps of a tuning: gradient, optimiser, evaluation, checkpoints.
///
/// Everything but the log's seconds depends on the model, the data, the plan and the strategy alone; a run
/// that was killed and goes on ends in the same bytes.
public final class TuningLoop {
  private let model: any DifferentiableModel
  private let plan: TuningPlan
  private let strategy: any TuningStrategy
  private let optimizer: any TensorOptimizer
  private let heldOut: [LossBatch]
  private let schedule: LearningRateSchedule
  private let folder: RunFolder?
  private var task: ExampleStream
  private var state = TuningState()
  private var lastCheckpoint = ContinuousClock.now

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
  /// - Throws: `TuningError.interrupted`, `TuningError.notFinite`, or what model and files throw.
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
    try takeBest()
    return TuningOutcome(
      state, stepCount: stepCount, strategy: strategy.name, groups: groups,
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
    for (what, value) in [("loss", outcome.loss), ("gradient", norm)] where !value.isFinite {
      throw TuningError.notFinite(
        what: what, step: index + 1, examples: examples.places,
        checkpoint: folder.flatMap { folder in
          folder.checkpointSteps.last.map { folder.checkpointPath(step: $0) }
        }, folder: folder?.path ?? "memory")
    }
    let isClipped = clip(input.trained, norm: norm)
    let share = schedule.share(at: index)
    for (place, tensor, tensorShare) in trained {
      optimizer.update(
        tensor, index: place, rate: plan.rate(of: tensor) * share * tensorShare,
        decay: plan.decay(of: tensor))
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
      Self.line(
        outcome, step: state.step, epoch: examples.epoch, rate: plan.rate * share, norm: norm,
        tokens: examples.tokenCount, targets: input.targetCount,
        seconds: start.duration(to: .now) / .seconds(1)))
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

  private static func line(
    _ outcome: StepOutcome, step: Int, epoch: Int, rate: Double, norm: Double, tokens: Int,
    targets: Int, seconds: Double
  ) -> JSONObject {
    let counters = outcome.counters.sorted { $0.key < $1.key }.map {
      (key: ByteString($0.key), value: JSONValue.number($0.value))
    }
    let line: JSONObject = [
      "step": .number(step), "epoch": .number(epoch), "loss": .number(outcome.loss),
      "rate": .number(rate), "gradient_norm": .number(norm), "tokens": .number(tokens),
      "targets": .number(targets), "seconds": .number(seconds),
    ]
    guard !counters.isEmpty else { return line }
    return JSONObject(
      line.members + [(key: "counters", value: .object(JSONObject(counters)))])
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
    state.note(evaluation)
    if plan.patience != nil, state.best == evaluation { try writeBest() }
    try folder?.append([
      "step": .number(state.step), "held_out_loss": .number(evaluation.loss),
      "seconds": .number(start.duration(to: .now) / .seconds(1)),
    ])
  }

  // MARK: Checkpoints

  private func writeCheckpoint() throws {
    lastCheckpoint = .now
    guard let folder else { return }
    try TuningCheckpoint.write(
      to: folder.checkpointPath(step: state.step), identity: folder.identityDigest, state: state,
      strategy: strategy.state(), tensors: model.tensors, optimizer: optimizer)
    folder.removeCheckpoints(keeping: 2)
  }

  private var bestInMemory: [[Float]]?

  private func writeBest() throws {
    guard let folder else {
      bestInMemory = model.tensors.map { $0.values.array() }
      return
    }
    try TuningCheckpoint.write(
      to: folder.bestPath, identity: folder.identityDigest, state: state,
      strategy: StrategyState(), tensors: model.tensors, optimizer: nil)
  }

  /// With early stopping, the weights that did best on held-out examples are the result.
  private func takeBest() throws {
    guard plan.patience != nil, state.best != nil, state.best != state.evaluations.last else {
      return
    }
    if let folder {
      let best = try TuningCheckpoint(
        path: folder.bestPath, identity: folder.identityDigest, tensors: model.tensors)
      best.apply(to: model.tensors, optimizer)
    } else if let bestInMemory {
      for (tensor, values) in zip(model.tensors, bestInMemory) { tensor.values.assign(values) }
    }
    try model.valuesChanged()
  }

  private func resume() throws {
    guard let folder, let step = folder.checkpointSteps.last else {
      try folder?.cutLog(afterStep: -1)
      return
    }
    let path = folder.checkpointPath(step: step)
    let checkpoint = try TuningCheckpoint(
      path: path, identity: folder.identityDigest, tensors: model.tensors)
    checkpoint.apply(to: model.tensors, optimizer)
    do {
      try strategy.restore(checkpoint.strategy)
    } catch let error as StrategyStateError {
      throw TuningError.checkpoint(path: path, problem: "it lacks \(error.missing)")
    }
    state = checkpoint.state
    task.resume(epoch: state.epoch, dealt: state.dealt)
    try model.valuesChanged()
    try folder.cutLog(afterStep: step)
  }

  /// The rates that tensors were given, by groups of the same rate.
  private var groups: [TuningOutcome.Group] {
    var groups: [TuningOutcome.Group] = []
    for tensor in model.tensors {
      let shares = [0, max(0, stepCount - 1)].map { step in
        plan.rate(of: tensor) * strategy.rateShare(of: tensor, at: step, of: stepCount)
      }
      let decay = plan.decay(of: tensor)
      if let index = groups.firstIndex(where: {
        $0.firstRate == shares[0] && $0.lastRate == shares[1] && $0.weightDecay == decay
      }) {
        groups[index].tensors += 1
        groups[index].parameters += tensor.count
      } else {
        groups.append(
          TuningOutcome.Group(
            firstRate: shares[0], lastRate: shares[1], weightDecay: decay, tensors: 1,
            parameters: tensor.count))
      }
    }
    return groups
  }
}
