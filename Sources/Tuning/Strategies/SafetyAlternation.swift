public import Inference

/// Alternates between safety data and the task, and pulls weights to where they were at the last change
/// (Lisa).
///
/// Huang et al., "Lazy safety alignment for large language models", arXiv 2405.18641.
public final class SafetyAlternation: TuningStrategy {
  /// How long the phases are and how strong the pull is.
  public struct Options: Sendable, Equatable {
    /// Steps on safety data in a round, which come first.
    public var safetySteps: Int
    /// Steps on the task in a round.
    public var taskSteps: Int
    /// Half of this times the squared distance is added to the loss.
    public var pull: Double

    /// Options as released.
    public init(safetySteps: Int = 100, taskSteps: Int = 900, pull: Double = 1) {
      self.safetySteps = safetySteps
      self.taskSteps = taskSteps
      self.pull = pull
    }
  }

  public let name = "lisa"
  private let options: Options
  private var safety: ExampleStream
  private let anchored: [TrainableTensor]
  private let anchor: TensorCopies
  private var phaseOfAnchor = -1

  /// Prepares the alternation.
  ///
  /// - Parameters:
  ///   - safety: the safety examples.
  ///   - plan: how they are dealt.
  ///   - model: its tensors are pulled.
  ///   - options: phases and pull.
  public init(
    safety: TrainingSet, _ plan: BatchStream.Plan, model: any DifferentiableModel,
    options: Options = Options()
  ) {
    precondition(
      options.safetySteps > 0 && options.taskSteps > 0 && options.pull >= 0,
      "phases of \(options.safetySteps) and \(options.taskSteps) steps, pull \(options.pull)")
    self.options = options
    self.safety = ExampleStream(
      safety.examples, path: safety.path, plan, stream: TuningStream.safetyOrder)
    anchored = model.tensors
    anchor = TensorCopies(for: anchored)
  }

  private var round: Int { options.safetySteps + options.taskSteps }

  /// The phases before a step; even ones are on safety data.
  private func phase(at step: Int) -> Int {
    step / round * 2 + (step % round < options.safetySteps ? 0 : 1)
  }

  public func stepCount(forTaskSteps taskSteps: Int) -> Int {
    let rounds = (taskSteps + options.taskSteps - 1) / options.taskSteps
    return taskSteps + rounds * options.safetySteps
  }

  public func examples(at step: Int, from task: inout ExampleStream) -> StepExamples {
    phase(at: step).isMultiple(of: 2) ? safety.next() : task.next()
  }

  public func makeGradient(_ input: StepInput) throws -> StepOutcome {
    let phase = phase(at: input.step)
    if phase != phaseOfAnchor {
      anchor.copyValues(of: anchored)
      phaseOfAnchor = phase
    }
    let loss = try input.addTaskGradient()
    anchor.pull(anchored, scale: Float(options.pull))
    return StepOutcome(
      loss: loss,
      counters: [
        "phase_is_safety": phase.isMultiple(of: 2) ? 1 : 0,
        "distance_from_anchor": anchor.squaredDistance(to: anchored).squareRoot(),
      ])
  }

  public func state() -> StrategyState {
    let place = safety.place
    var state = StrategyState(numbers: [
      "phase": phaseOfAnchor, "safety_epoch": place.epoch, "safety_dealt": place.dealt,
    ])
    for (tensor, values) in zip(anchored, anchor.arrays) {
      state.arrays["anchor.\(tensor.name)"] = values
    }
    return state
  }

  public func restore(_ state: StrategyState) throws {
    phaseOfAnchor = try state.number("phase")
    guard
      safety.resume(
        epoch: try state.number("safety_epoch"), dealt: try state.number("safety_dealt"))
    else { throw StrategyStateError(missing: "a place in the safety data") }
    anchor.assign(
      try anchored.map { try state.array("anchor.\($0.name)", count: $0.count) })
  }
}
