import Inference

/// The choices of `plumb tune`: an option each, and a key of its configuration file.
enum TuneKey: String, CaseIterable {
  // What is tuned, and on what.
  case model
  case data
  case heldOut = "held-out"
  case heldOutShare = "held-out-share"
  case system
  case raw
  case parseSpecial = "parse-special"
  case maxLength = "max-length"
  case truncate
  case order
  case mix
  case safety
  case rate

  // What trains.
  case method
  case rank
  case alpha
  case dropout
  case targets
  case rankStabilized = "rank-stabilized"
  case precision

  // How a step is made.
  case strategy
  case layers
  case modules
  case moduleControl = "module-control"
  case share
  case warmUpShare = "warm-up-share"
  case contrast
  case probeSize = "probe-size"
  case moveShare = "move-share"
  case probeMode = "probe-mode"
  case safetyLoss = "safety-loss"
  case temperature
  case lagged
  case pairs
  case probeReport = "probe-report"
  case safetySteps = "safety-steps"
  case taskSteps = "task-steps"
  case pull

  // Steps and rates.
  case steps
  case epochs
  case batchSize = "batch-size"
  case batchTokens = "batch-tokens"
  case accumulate
  case optimizer
  case learningRate = "learning-rate"
  case moduleRates = "module-rates"
  case weightDecay = "weight-decay"
  case schedule
  case warmUp = "warm-up"
  case clip
  case seed

  // When to look and to save.
  case evaluateEvery = "evaluate-every"
  case patience
  case checkpointEvery = "checkpoint-every"
  case checkpointMinutes = "checkpoint-minutes"

  /// Whether a choice names a file, whose content counts and not its name.
  func isFile(_ choice: String) -> Bool {
    switch self {
    case .model, .data, .heldOut, .safety, .contrast, .modules: true
    case .layers: LayerRange(text: choice) == nil
    default: false
    }
  }

  /// Whether a run's weights are the same whatever is chosen.
  var leavesWeights: Bool { self == .checkpointEvery || self == .checkpointMinutes }

  /// Whether the choice is yes or no.
  var isSwitch: Bool {
    switch self {
    case .raw, .parseSpecial, .truncate, .rankStabilized, .lagged: true
    default: false
    }
  }
}

extension [TuneKey: String] {
  /// The choices in the order of the keys.
  var inOrder: [(key: TuneKey, value: String)] {
    TuneKey.allCases.compactMap { key in self[key].map { (key, $0) } }
  }

  /// Those that name files, but for the model, in the order of the keys.
  var files: [(key: TuneKey, value: String)] {
    inOrder.filter { $0.key != .model && $0.key.isFile($0.value) }
  }

  /// Those that the weights depend on as they are written; files count by their content.
  var countedByWord: [TuneKey: String] {
    filter { !$0.key.isFile($0.value) && !$0.key.leavesWeights }
  }
}
