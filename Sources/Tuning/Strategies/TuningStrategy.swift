public import Inference

/// What makes tuning keep, or lose, what a model has: which tensors train at which rate, what a step
/// learns from, and how its gradient is made.
public protocol TuningStrategy: AnyObject {
  /// The strategy's name, as on the command line.
  var name: String { get }

  /// The share of the learning rate that a tensor gets at a step; zero leaves it as it is.
  func rateShare(of tensor: TrainableTensor, at step: Int, of stepCount: Int) -> Double

  /// How many steps a run takes, where plain tuning would take some.
  func stepCount(forTaskSteps taskSteps: Int) -> Int

  /// What a step learns from: the next of the task's batches, unless the strategy has others.
  func examples(at step: Int, from task: inout ExampleStream) -> StepExamples

  /// Makes the gradient of a step in the tensors of the model, whose gradients are zero before.
  func makeGradient(_ input: StepInput) throws -> StepOutcome

  /// What the strategy must remember to go on after an interruption.
  func state() -> StrategyState

  /// Goes on from what was remembered, in the same order of tensors.
  ///
  /// - Throws: an error for a state that is not of this strategy.
  func restore(_ state: StrategyState) throws
}

extension TuningStrategy {
  public func rateShare(of tensor: TrainableTensor, at step: Int, of stepCount: Int) -> Double { 1 }

  public func stepCount(forTaskSteps taskSteps: Int) -> Int { taskSteps }

  public func examples(at step: Int, from task: inout ExampleStream) -> StepExamples {
    task.next()
  }

  public func makeGradient(_ input: StepInput) throws -> StepOutcome {
    StepOutcome(loss: try input.addTaskGradient())
  }

  public func state() -> StrategyState { StrategyState() }

  public func restore(_ state: StrategyState) throws {}
}

/// What a strategy is handed for a step.
public struct StepInput {
  /// The model.
  public let model: any DifferentiableModel
  /// The tensors that train at this step, in the model's order.
  public let trained: [TrainableTensor]
  /// The step's batches.
  public let batches: [LossBatch]
  /// The step, counted from 0.
  public let step: Int
  /// Fixes dropout; nil for none.
  public let dropoutSeed: UInt64?

  /// Describes a step.
  public init(
    model: any DifferentiableModel, trained: [TrainableTensor], batches: [LossBatch], step: Int,
    dropoutSeed: UInt64? = nil
  ) {
    self.model = model
    self.trained = trained
    self.batches = batches
    self.step = step
    self.dropoutSeed = dropoutSeed
  }

  /// The targets of all batches.
  public var targetCount: Int { batches.reduce(0) { $0 + $1.targets.count } }

  /// Adds the gradient of the mean loss over the targets of all batches, each target of the same weight.
  ///
  /// - Parameters:
  ///   - hooks: what to call in the forward pass.
  ///   - gradientHooks: what to call in the backward pass.
  /// - Returns: the mean loss.
  /// - Throws: what the model throws.
  @discardableResult
  public func addTaskGradient(
    hooks: [any ActivationHook] = [], gradientHooks: [any ActivationHook] = []
  ) throws -> Double {
    try differentiate { index in
      GradientRequest(
        hooks: HookTable(hooks, layerCount: model.layerCount),
        gradientHooks: HookTable(gradientHooks, layerCount: model.layerCount),
        dropout: dropoutSeed.map { dropout($0, batch: index) })
    }
  }

  /// The mean loss over the targets of all batches, and its derivatives at sites alone.
  func differentiateSites(
    gradientHooks: [any ActivationHook], lowestLayer: Int, withDropout: Bool
  ) throws -> Double {
    try differentiate { index in
      GradientRequest(
        hooks: HookTable(layerCount: model.layerCount),
        gradientHooks: HookTable(gradientHooks, layerCount: model.layerCount),
        includesTensors: false, lowestLayer: lowestLayer,
        dropout: withDropout ? dropoutSeed.map { dropout($0, batch: index) } : nil)
    }
  }

  /// The mean loss over the targets of all batches, without dropout.
  func loss(hooks: [any ActivationHook] = []) throws -> Double {
    let table = HookTable(hooks, layerCount: model.layerCount)
    let sum = try batches.reduce(0.0) { sum, batch in
      try model.losses(batch, hooks: table).reduce(sum, +)
    }
    return sum / Double(max(1, targetCount))
  }

  private func differentiate(_ request: (_ batch: Int) -> GradientRequest) throws -> Double {
    let count = max(1, targetCount)
    var sum = 0.0
    for (index, batch) in batches.enumerated() {
      sum += try model.differentiate(batch, request(index)) { losses in
        (
          losses.reduce(0, +) / Double(count),
          Array(repeating: 1 / Float(count), count: losses.count)
        )
      }.targetLosses.reduce(0, +)
    }
    return sum / Double(count)
  }

  private func dropout(_ seed: UInt64, batch: Int) -> DropoutDraw {
    // More batches than this to a step would need more examples than fit in memory.
    DropoutDraw(seed: seed, step: UInt64(step) << 20 + UInt64(batch))
  }
}

/// What a strategy made of a step.
public struct StepOutcome: Sendable, Equatable {
  /// The mean loss over the targets the step learned from.
  public var loss: Double
  /// Figures to report of this step, by name.
  public var counters: [String: Double]

  /// Describes a step.
  public init(loss: Double, counters: [String: Double] = [:]) {
    self.loss = loss
    self.counters = counters
  }
}

/// What a strategy remembers between steps.
public struct StrategyState: Sendable, Equatable {
  /// Values by name.
  public var arrays: [String: [Float]]
  /// Whole numbers by name.
  public var numbers: [String: Int]

  /// Nothing to remember unless it is given.
  public init(arrays: [String: [Float]] = [:], numbers: [String: Int] = [:]) {
    self.arrays = arrays
    self.numbers = numbers
  }

  /// A whole number that must be there.
  func number(_ name: String) throws(StrategyStateError) -> Int {
    guard let number = numbers[name] else { throw StrategyStateError(missing: name) }
    return number
  }

  /// Values that must be there, and as many.
  func array(_ name: String, count: Int) throws(StrategyStateError) -> [Float] {
    guard let array = arrays[name], array.count == count else {
      throw StrategyStateError(missing: name)
    }
    return array
  }
}

/// A saved state lacks something.
struct StrategyStateError: Error {
  let missing: String
}

/// Plain tuning: everything trains at the full rate on the task alone.
public final class PlainTuning: TuningStrategy {
  public let name = "plain"

  /// The strategy, which has no choices.
  public init() {}
}
