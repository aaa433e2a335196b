/// Fixes the adapters' dropout masks of a pass: the same draw gives the same masks.
public struct DropoutDraw: Sendable, Hashable {
  /// The seed of a run.
  public var seed: UInt64
  /// What tells the passes of a run apart.
  public var step: UInt64

  /// Names a draw.
  public init(seed: UInt64, step: UInt64) {
    self.seed = seed
    self.step = step
  }
}

/// What a backward pass is to do.
public struct GradientRequest {
  /// Hooks of the forward pass.
  ///
  /// What they add is passed through by the backward pass: the derivative of what leaves a hook by what
  /// enters it is taken as one.
  public var hooks: HookTable
  /// Hooks that see, at a site, the derivative of the objective by the activation there; rows as in
  /// forward hooks.
  public var gradientHooks: HookTable
  /// Whether gradients of the tensors are wanted.
  public var includesTensors: Bool
  /// The lowest block whose sites are wanted: the pass goes no lower where tensors are not wanted there.
  public var lowestLayer: Int
  /// The dropout masks of adapters; nil for none.
  public var dropout: DropoutDraw?

  /// Makes a request.
  public init(
    hooks: HookTable, gradientHooks: HookTable, includesTensors: Bool = true, lowestLayer: Int = 0,
    dropout: DropoutDraw? = nil
  ) {
    self.hooks = hooks
    self.gradientHooks = gradientHooks
    self.includesTensors = includesTensors
    self.lowestLayer = lowestLayer
    self.dropout = dropout
  }
}
