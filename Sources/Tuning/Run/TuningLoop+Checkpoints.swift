import Inference

/// States of a run on disk: those to go on from, and the best one.
extension TuningLoop {
  /// Writes a state to go on from.
  func writeCheckpoint() throws {
    lastCheckpoint = .now
    guard let folder else { return }
    try TuningCheckpoint.write(
      to: folder.checkpointPath(step: state.step), identity: folder.identityDigest, state: state,
      strategy: strategy.state(), tensors: model.tensors, optimizer: optimizer)
    folder.removeCheckpoints(keeping: 2)
  }

  /// The latest checkpoint of fewer steps; nil where there is none.
  func checkpointPath(before step: Int) -> String? {
    guard let folder else { return nil }
    return folder.checkpointSteps.last { $0 < step }.map(folder.checkpointPath)
  }

  /// Goes on from the latest checkpoint of the folder, or starts its log anew.
  func resume() throws {
    guard let folder, let step = folder.checkpointSteps.last else {
      try folder?.cutLog(afterStep: -1)
      return
    }
    let path = folder.checkpointPath(step: step)
    let checkpoint = try TuningCheckpoint(
      path: path, identity: folder.identityDigest, tensors: model.tensors)
    state = checkpoint.state
    guard state.step == step, step <= stepCount,
      task.resume(epoch: state.epoch, dealt: state.dealt)
    else { throw TuningError.checkpoint(path: path, problem: "it lacks a step of this run") }
    checkpoint.apply(to: model.tensors, optimizer)
    do {
      try strategy.restore(checkpoint.strategy)
    } catch let error as StrategyStateError {
      throw TuningError.checkpoint(path: path, problem: "it lacks \(error.missing)")
    }
    try model.valuesChanged()
    try folder.cutLog(afterStep: step)
  }

  // MARK: The best

  /// Keeps the weights that did best on held-out examples so far.
  func writeBest() throws {
    guard let folder else {
      bestInMemory = model.tensors.map { $0.values.array() }
      return
    }
    try TuningCheckpoint.write(
      to: folder.bestPath, identity: folder.identityDigest, state: state,
      strategy: StrategyState(), tensors: model.tensors, optimizer: nil)
  }

  /// Takes the weights that did best as the result.
  func takeBest() throws {
    guard state.best != nil, state.best != state.evaluations.last else { return }
    if let folder {
      let best = try TuningCheckpoint(
        path: folder.bestPath, identity: folder.identityDigest, tensors: model.tensors)
      best.apply(to: model.tensors, optimizer)
    } else if let bestInMemory {
      for (tensor, values) in zip(model.tensors, bestInMemory) { tensor.values.assign(values) }
    }
    try model.valuesChanged()
  }
}
