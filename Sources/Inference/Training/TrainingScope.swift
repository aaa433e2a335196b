/// An adapter on one module of one block.
public struct AdapterPlacement: Sendable, Hashable {
  /// One of the seven projections.
  public var module: WeightModule
  /// 0-based block index.
  public var layer: Int
  /// The rank.
  public var rank: Int
  /// What the update is multiplied by.
  public var scaling: Float
  /// The share of the adapter's input that is dropped in training.
  public var dropout: Float

  /// Places an adapter.
  public init(module: WeightModule, layer: Int, rank: Int, scaling: Float, dropout: Float = 0) {
    self.module = module
    self.layer = layer
    self.rank = rank
    self.scaling = scaling
    self.dropout = dropout
  }

  /// PEFT's scaling: alpha / rank, or with rank stabilisation (Kalajdzievski, arXiv 2312.03732) alpha / √rank.
  public static func scaling(alpha: Float, rank: Int, isRankStabilised: Bool = false) -> Float {
    alpha / (isRankStabilised ? Float(rank).squareRoot() : Float(rank))
  }
}

/// A module of a block, or outside the blocks.
public struct ModulePlace: Sendable, Hashable {
  /// The module.
  public var module: WeightModule
  /// 0-based block index; nil outside the blocks.
  public var layer: Int?

  /// Names a place.
  public init(_ module: WeightModule, layer: Int? = nil) {
    self.module = module
    self.layer = layer
  }
}

/// What of a decoder is trained.
public enum TrainingScope: Sendable {
  /// Low-rank adapters; the weights stay as they are.
  case adapters([AdapterPlacement], seed: UInt64)
  /// The weights and biases of some modules; nil for all.
  case weights(Set<ModulePlace>?)
}

extension WeightModule {
  /// The seven projections of a block, which adapters go on.
  public static let projections: [WeightModule] = [
    .queryProjection, .keyProjection, .valueProjection, .outputProjection, .gateProjection,
    .upProjection, .downProjection,
  ]
}
