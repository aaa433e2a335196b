public import Inference
import ModelFiles

/// The numbers of a run, whatever its strategy.
public struct TuningPlan: Sendable, Equatable {
  /// How long a run is.
  public enum Length: Sendable, Equatable {
    /// Steps on the task.
    case steps(Int)
    /// Rounds over the task's examples.
    case epochs(Int)
  }

  /// The algorithms that move weights.
  public enum Algorithm: String, Sendable, CaseIterable, Codable {
    /// AdamW.
    case adamw
    /// Plain gradient descent.
    case sgd
  }

  /// How long the run is.
  public var length: Length
  /// How examples are dealt.
  public var batches: BatchStream.Plan
  /// What moves weights.
  public var algorithm: Algorithm
  /// The full learning rate.
  public var rate: Double
  /// Learning rates of modules that have their own.
  public var moduleRates: [WeightModule: Double]
  /// Decay of matrices; norms and biases have none.
  public var weightDecay: Double
  /// The course of the rate.
  public var course: LearningRateSchedule.Course
  /// Steps in which the rate rises from zero.
  public var warmUpSteps: Int
  /// The most that the norm of a step's gradient may be; nil for no limit.
  public var clip: Double?
  /// Steps between evaluations on held-out examples, which are made at the start and the end, too; zero
  /// for those alone.
  public var evaluationInterval: Int
  /// Evaluations without a gain after which the run ends with the best weights; nil to go on.
  public var patience: Int?
  /// Steps between checkpoints; zero for none but at an interruption.
  public var checkpointInterval: Int
  /// Minutes after which a checkpoint is due, too.
  public var checkpointMinutes: Double?
  /// Whether adapters' dropout masks are drawn.
  public var usesDropout: Bool
  /// Fixes all draws.
  public var seed: UInt64

  /// A plan of usual numbers.
  public init(
    length: Length, batches: BatchStream.Plan, algorithm: Algorithm = .adamw, rate: Double = 2e-4,
    moduleRates: [WeightModule: Double] = [:], weightDecay: Double = 0,
    course: LearningRateSchedule.Course = .linear, warmUpSteps: Int = 0, clip: Double? = 1,
    evaluationInterval: Int = 0, patience: Int? = nil, checkpointInterval: Int = 0,
    checkpointMinutes: Double? = nil, usesDropout: Bool = false, seed: UInt64 = 0
  ) {
    self.length = length
    self.batches = batches
    self.algorithm = algorithm
    self.rate = rate
    self.moduleRates = moduleRates
    self.weightDecay = weightDecay
    self.course = course
    self.warmUpSteps = warmUpSteps
    self.clip = clip
    self.evaluationInterval = evaluationInterval
    self.patience = patience
    self.checkpointInterval = checkpointInterval
    self.checkpointMinutes = checkpointMinutes
    self.usesDropout = usesDropout
    self.seed = seed
  }

  /// The full rate of a tensor, before schedule and strategy.
  func rate(of tensor: TrainableTensor) -> Double {
    moduleRates[tensor.module] ?? rate
  }

  /// The decay of a tensor: none for norms and biases.
  func decay(of tensor: TrainableTensor) -> Double {
    tensor.shape.count == 1 ? 0 : weightDecay
  }

  /// An optimiser without memory yet.
  func optimizer(tensorCount: Int) -> any TensorOptimizer {
    switch algorithm {
    case .adamw: AdamW(tensorCount: tensorCount)
    case .sgd: GradientDescent()
    }
  }
}
