public import Kernels

/// One tensor that training changes: its values and its gradient, `[row, width]`, row by row.
@safe public final class TrainableTensor: @unchecked Sendable {
  // Sendable although it is mutable: a pass reads values and adds to gradients on threads that it divides
  // the rows among, and whoever changes values does so between passes.

  /// The checkpoint's name, or for an adapter PEFT's: `model.layers.3.self_attn.q_proj.lora_A.weight`.
  public let name: String
  /// The module it belongs to.
  public let module: WeightModule
  /// 0-based block index; nil outside the blocks.
  public let layer: Int?
  /// `[rows, width]`, or `[width]`.
  public let shape: [Int]
  /// What the model computes with.
  public var values: FloatMatrix
  /// The derivative of the objective by each value, added up over passes until it is cleared.
  public var gradient: FloatMatrix

  /// Makes a tensor of zeros with a gradient of zeros.
  public init(name: String, module: WeightModule, layer: Int?, shape: [Int]) {
    precondition(
      (1...2).contains(shape.count) && shape.allSatisfy { $0 > 0 }, "\(name) of shape \(shape)")
    self.name = name
    self.module = module
    self.layer = layer
    self.shape = shape
    let rows = shape.count == 2 ? shape[0] : 1
    values = FloatMatrix(rows: rows, width: shape[shape.count - 1])
    gradient = FloatMatrix(rows: rows, width: shape[shape.count - 1])
  }

  /// The number of values.
  public var count: Int { values.rowCapacity * values.width }

  /// Sets the gradient to zero.
  public func clearGradient() { gradient.clear() }
}
