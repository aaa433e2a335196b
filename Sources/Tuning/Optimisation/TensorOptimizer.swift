import Foundation
public import Inference
import Kernels

/// What moves tensors along their gradients and may remember earlier ones.
///
/// A tensor that is updated for the first time starts with fresh memory.
public protocol TensorOptimizer: AnyObject {
  /// The algorithm's name.
  var name: String { get }

  /// Moves one tensor.
  ///
  /// - Parameters:
  ///   - tensor: its values are changed and its gradient is read.
  ///   - index: the tensor's place, under which memory is kept.
  ///   - rate: the learning rate of this step.
  ///   - decay: the weight decay, which the rate scales.
  func update(_ tensor: TrainableTensor, index: Int, rate: Double, decay: Double)

  /// What is remembered of a tensor: how often it was moved, and matrices of its size; nil before.
  func memory(of index: Int) -> (updates: Int, matrices: [[Float]])?

  /// Takes over what was remembered of a tensor.
  func remember(_ tensor: TrainableTensor, index: Int, updates: Int, matrices: [[Float]])
}

/// AdamW with decoupled decay and bias correction, as `torch.optim.AdamW` computes it.
///
/// Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv 1711.05101.
public final class AdamW: TensorOptimizer {
  public let name = "adamw"
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private var moments: [Moments?]

  private final class Moments {
    var updates = 0
    var first: FloatMatrix
    var second: FloatMatrix

    init(for tensor: TrainableTensor) {
      let (rows, width) = (tensor.values.rowCapacity, tensor.values.width)
      first = FloatMatrix(rows: rows, width: width)
      second = FloatMatrix(rows: rows, width: width)
    }
  }

  /// An optimiser without memory yet.
  ///
  /// - Parameters:
  ///   - tensorCount: how many tensors there are.
  ///   - beta1: how much of the mean gradient is kept at each step.
  ///   - beta2: how much of the mean squared gradient is kept at each step.
  ///   - epsilon: added to the root of the latter.
  public init(
    tensorCount: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    moments = Array(repeating: nil, count: tensorCount)
  }

  public func update(_ tensor: TrainableTensor, index: Int, rate: Double, decay: Double) {
    let moments = self.moments[index] ?? Moments(for: tensor)
    self.moments[index] = moments
    moments.updates += 1
    let step = Double(moments.updates)
    let correction1 = 1 - pow(beta1, step)
    let numbers = Numbers(
      weight1: Float(1 - beta1), keep2: Float(beta2), weight2: Float(1 - beta2),
      epsilon: Float(epsilon), stepSize: Float(rate / correction1),
      rootCorrection2: Float((1 - pow(beta2, step)).squareRoot()), kept: Float(1 - rate * decay))
    Self.move(
      &tensor.values, by: tensor.gradient, &moments.first, &moments.second, numbers)
  }

  private struct Numbers {
    var weight1: Float
    var keep2: Float
    var weight2: Float
    var epsilon: Float
    var stepSize: Float
    var rootCorrection2: Float
    var kept: Float
  }

  private static func move(
    _ values: inout FloatMatrix, by gradient: borrowing FloatMatrix, _ first: inout FloatMatrix,
    _ second: inout FloatMatrix, _ numbers: Numbers
  ) {
    let gradient = gradient[rows: 0..<gradient.rowCapacity]
    var values = values.mutableRows(0..<values.rowCapacity)
    var first = first.mutableRows(0..<first.rowCapacity)
    var second = second.mutableRows(0..<second.rowCapacity)
    for index in gradient.indices {
      let slope = gradient[index]
      let mean = first[index] + numbers.weight1 * (slope - first[index])
      let square = second[index] * numbers.keep2 + numbers.weight2 * slope * slope
      first[index] = mean
      second[index] = square
      let scale = square.squareRoot() / numbers.rootCorrection2 + numbers.epsilon
      values[index] = values[index] * numbers.kept - numbers.stepSize * mean / scale
    }
  }

  public func memory(of index: Int) -> (updates: Int, matrices: [[Float]])? {
    moments[index].map { ($0.updates, [$0.first.array(), $0.second.array()]) }
  }

  public func remember(
    _ tensor: TrainableTensor, index: Int, updates: Int, matrices: [[Float]]
  ) {
    let moments = Moments(for: tensor)
    moments.updates = updates
    moments.first.assign(matrices[0])
    moments.second.assign(matrices[1])
    self.moments[index] = moments
  }
}

/// Plain gradient descent, with the same decoupled decay.
public final class GradientDescent: TensorOptimizer {
  public let name = "sgd"

  /// An optimiser, which remembers nothing.
  public init() {}

  public func update(_ tensor: TrainableTensor, index: Int, rate: Double, decay: Double) {
    if decay != 0 { tensor.values.scale(by: Float(1 - rate * decay)) }
    tensor.values.add(tensor.gradient, scale: Float(-rate))
  }

  public func memory(of index: Int) -> (updates: Int, matrices: [[Float]])? { nil }

  public func remember(
    _ tensor: TrainableTensor, index: Int, updates: Int, matrices: [[Float]]
  ) {}
}
