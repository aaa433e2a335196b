import Inference

/// What is done with each tuning of a story, in this order.
enum StoryStep: String, CaseIterable {
  case tune, gap, audit, layers, modules

  /// The command that does it.
  ///
  /// - Parameters:
  ///   - arm: the tuning.
  ///   - plan: what is measured, and how.
  ///   - safetyLayers: the range where the model before has its gap; nil where none was found.
  /// - Returns: the words behind `plumb`, but for the output and how to run.
  func arguments(for arm: StoryArm, _ plan: StoryPlan, safetyLayers: LayerRange?) -> [String] {
    let (command, isFull) = (plan.command, plan.command.full)
    let before = command.choices.model ?? ""
    let after = arm.tuned(before, in: command.output)
    let models = ["--before", before, "--after", after]
    let prompts = ["--prompts", command.prompts]
    switch self {
    case .tune:
      return ["tune"] + arm.choices.inOrder.flatMap { $0.key.words($0.value) }
    case .gap:
      return ["layers", "gap", "--model", after, "--control", before] + prompts
        + limited("count", command.limit) + plan.common
    case .audit:
      return plan.audit(before: before, after: after)
        + (safetyLayers.map { ["--layers", "\($0)"] } ?? [])
        + (isFull ? ["--random-control"] : ["--no-baseline"])
    case .layers:
      return ["layers", "compare"] + models + prompts + limited("kl-prompts", command.limit)
        + plan.common
    case .modules:
      return ["modules", "compare"] + models + prompts
        + limited("limit", command.limit.map { 2 * $0 })
        + (isFull ? ["--single"] : ["--seeds", "1"]) + plan.common
    }
  }

  private func limited(_ option: String, _ limit: Int?) -> [String] {
    limit.map { ["--\(option)", "\($0)"] } ?? []
  }
}

extension StoryPlan {
  /// The command that audits one model against another.
  func audit(before: String, after: String) -> [String] {
    ["audit", "--before", before, "--after", after, "--harmful", command.prompts]
      + ["--harmless", command.harmless ?? command.prompts]
      + (hasParts ? ["--split", "test"] : [])
      + (command.choices.heldOut.map { ["--held-out", $0] } ?? [])
      + (command.limit.map { ["--limit", "\($0)"] } ?? [])
      + (command.full ? [] : ["--max-tokens", "32"]) + common
  }

  /// What every measurement takes from the tuning.
  var common: [String] {
    [TuneKey.system, .raw, .parseSpecial, .precision, .seed].flatMap { key in
      command.choices.given[key].map { key.words($0) } ?? []
    }
  }
}

extension TuneKey {
  /// The choice as it is typed.
  fileprivate func words(_ value: String) -> [String] {
    if !isSwitch { return ["--\(rawValue)", value] }
    return value == "true" ? ["--\(rawValue)"] : []
  }
}
