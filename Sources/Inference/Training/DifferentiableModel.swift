/// A model with tensors to train and a loss that can be differentiated by them.
public protocol DifferentiableModel: AnyObject {
  /// What can be trained, in a fixed order.
  var tensors: [TrainableTensor] { get }
  /// Number of blocks.
  var layerCount: Int { get }

  /// The loss of each target in nats, without dropout.
  func losses(_ batch: LossBatch, hooks: HookTable) throws -> [Double]

  /// Runs a batch forward and backward.
  ///
  /// Adds to the gradients of `tensors` where the request wants them, and fires its gradient hooks.
  ///
  /// - Parameters:
  ///   - batch: sequences and targets.
  ///   - request: what to compute.
  ///   - objective: makes one loss of the targets' losses.
  /// - Returns: the objective's loss and each target's.
  /// - Throws: where weights cannot be read.
  func differentiate(
    _ batch: LossBatch, _ request: GradientRequest, objective: LossObjective
  ) throws -> (loss: Double, targetLosses: [Double])

  /// Tells the model that values of its tensors were changed.
  func valuesChanged() throws
}
