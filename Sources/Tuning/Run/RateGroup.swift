import Inference

/// Tensors that a run gives the same rate, and one of them to ask for it.
struct RateGroup {
  let first: TrainableTensor
  private(set) var group: TuningOutcome.Group

  private init(_ tensor: TrainableTensor, rates: [Double], decay: Double) {
    first = tensor
    group = TuningOutcome.Group(
      firstRate: rates[0], lastRate: rates[1], weightDecay: decay, modules: [], tensors: 0,
      parameters: 0)
  }

  private mutating func add(_ tensor: TrainableTensor) {
    if !group.modules.contains(tensor.module.rawValue) {
      group.modules.append(tensor.module.rawValue)
    }
    group.tensors += 1
    group.parameters += tensor.count
  }

  /// All groups, in the order of their first tensors.
  ///
  /// - Parameters:
  ///   - tensors: the tensors of a model.
  ///   - plan: their rates and decay before the strategy.
  ///   - strategy: what shares it gives them.
  ///   - stepCount: all steps of the run.
  /// - Returns: groups that are alike at the first and at the last step.
  static func all(
    of tensors: [TrainableTensor], _ plan: TuningPlan, _ strategy: any TuningStrategy,
    stepCount: Int
  ) -> [RateGroup] {
    var groups: [RateGroup] = []
    for tensor in tensors {
      let rates = [0, max(0, stepCount - 1)].map { step in
        plan.rate(of: tensor) * strategy.rateShare(of: tensor, at: step, of: stepCount)
      }
      let decay = plan.decay(of: tensor)
      let index =
        groups.firstIndex { other in
          other.group.firstRate == rates[0] && other.group.lastRate == rates[1]
            && other.group.weightDecay == decay
        } ?? groups.endIndex
      if index == groups.endIndex {
        groups.append(RateGroup(tensor, rates: rates, decay: decay))
      }
      groups[index].add(tensor)
    }
    return groups
  }
}
