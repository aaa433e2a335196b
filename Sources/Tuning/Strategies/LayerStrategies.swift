public import Inference

/// Safety layers left out of the update (SPPFT): whole blocks, both ends included, keep their bits.
///
/// Li et al., "Safety layers in aligned large language models", arXiv 2408.17003.
public final class FrozenLayers: TuningStrategy {
  public let name = "frozen"
  /// The blocks that keep their weights.
  public let frozen: LayerRange

  /// Freezes a run of blocks.
  public init(_ frozen: LayerRange) {
    self.frozen = frozen
  }

  public func rateShare(of tensor: TrainableTensor, at step: Int, of stepCount: Int) -> Double {
    tensor.layer.map(frozen.contains) == true ? 0 : 1
  }
}

/// Robust modules learn at the full rate, all others at a small share of it (ML-LR).
///
/// The share is of the learning rate, since scaled gradients change next to nothing under Adam. Decoupled
/// decay, which the rate scales, shrinks along. Du et al., arXiv 2410.04524, first version.
public final class ModularRates: TuningStrategy {
  public let name = "ml-lr"
  private let robust: ModuleSet
  private let share: Double

  /// Gives modules outside a set a share of the rate, called lambda; zero freezes them.
  public init(robust: ModuleSet, share: Double) {
    precondition(share >= 0 && share.isFinite, "a share of \(share)")
    self.robust = robust
    self.share = share
  }

  public func rateShare(of tensor: TrainableTensor, at step: Int, of stepCount: Int) -> Double {
    robust.contains(tensor.module, layer: tensor.layer) ? 1 : share
  }
}

/// Robust modules learn alone at first, then everything does (SWAT).
///
/// Tensors that join later start with fresh memory in the optimiser, and one schedule goes over both
/// phases. Du et al., arXiv 2410.04524, second version.
public final class ModularWarmUp: TuningStrategy {
  public let name = "swat"
  private let robust: ModuleSet
  private let warmUpShare: Double

  /// Trains a set alone in the first share of the steps.
  public init(robust: ModuleSet, warmUpShare: Double = 0.25) {
    precondition((0...1).contains(warmUpShare), "a share of \(warmUpShare)")
    self.robust = robust
    self.warmUpShare = warmUpShare
  }

  /// The steps in which the set trains alone.
  func warmUpSteps(of stepCount: Int) -> Int {
    Int((warmUpShare * Double(stepCount)).rounded())
  }

  public func rateShare(of tensor: TrainableTensor, at step: Int, of stepCount: Int) -> Double {
    step >= warmUpSteps(of: stepCount) || robust.contains(tensor.module, layer: tensor.layer)
      ? 1 : 0
  }
}
