/// What came of a run, but for its weights.
public struct TuningOutcome: Sendable, Codable, Equatable {
  /// A loss on held-out examples after some steps.
  public struct Evaluation: Sendable, Codable, Equatable {
    /// Steps done.
    public let step: Int
    /// The mean loss of all targets, in nats.
    public let loss: Double
  }

  /// Tensors that were given the same rate, before the schedule.
  public struct Group: Sendable, Codable, Equatable {
    /// The rate at the first step; zero where the tensors did not train.
    public let firstRate: Double
    /// The rate at the last step.
    public let lastRate: Double
    /// The decay, which the rate scales.
    public let weightDecay: Double
    /// The kinds of modules they belong to, in the model's order.
    public internal(set) var modules: [String]
    /// How many tensors and values.
    public internal(set) var tensors: Int
    public internal(set) var parameters: Int
  }

  /// A figure of the strategy over the steps that had it.
  public struct Counter: Sendable, Codable, Equatable {
    /// The sum and the mean.
    public let sum: Double
    public let mean: Double
    /// The steps that had it.
    public let steps: Int
  }

  /// The strategy's name.
  public let strategy: String
  /// Steps made, and those planned.
  public let steps: Int
  public let plannedSteps: Int
  /// Epochs of the task that were begun.
  public let epochs: Int
  /// Tokens that went through the model in steps, and those of them that carried loss.
  public let tokens: Int
  public let targets: Int
  /// The mean loss of the last step.
  public let lastLoss: Double?
  /// Losses on held-out examples, that before the first step included.
  public let evaluations: [Evaluation]
  /// The lowest of them.
  public let best: Evaluation?
  /// Whether the loss on held-out examples stopped falling before the planned steps were made.
  public let stoppedEarly: Bool
  /// Steps whose gradient was shortened.
  public let clippedSteps: Int
  /// Learning rates by groups of tensors.
  public let groups: [Group]
  /// The strategy's own figures.
  public let counters: [String: Counter]

  init(
    _ state: TuningState, stepCount: Int, strategy: String, groups: [Group], stoppedEarly: Bool
  ) {
    self.strategy = strategy
    steps = state.step
    plannedSteps = stepCount
    epochs = state.step == 0 ? 0 : state.epoch + 1
    tokens = state.tokens
    targets = state.targets
    lastLoss = state.lastLoss
    evaluations = state.evaluations
    best = state.best
    self.stoppedEarly = stoppedEarly
    clippedSteps = state.clippedSteps
    self.groups = groups
    counters = state.counters.mapValues {
      Counter(sum: $0.sum, mean: $0.sum / Double($0.steps), steps: $0.steps)
    }
  }
}
