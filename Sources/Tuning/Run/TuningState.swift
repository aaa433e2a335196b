/// Everything of a run that changes but its tensors.
struct TuningState: Codable, Equatable {
  typealias Evaluation = TuningOutcome.Evaluation

  /// Steps done.
  var step = 0
  /// The task's epoch, counted from 0, and how many of its examples were dealt.
  var epoch = 0
  var dealt = 0
  /// Tokens and targets of all steps.
  var tokens = 0
  var targets = 0
  /// The mean loss of the last step.
  var lastLoss: Double?
  /// Losses on held-out examples.
  var evaluations: [Evaluation] = []
  /// Where the loss on held-out examples was lowest.
  var best: Evaluation?
  /// Evaluations since then.
  var evaluationsWithoutGain = 0
  /// Sums of the strategy's figures and the steps that had them.
  var counters: [String: CounterSum] = [:]
  /// Steps whose gradient was shortened.
  var clippedSteps = 0

  /// A figure over the steps that had it.
  struct CounterSum: Codable, Equatable {
    var sum: Double
    var steps: Int
  }

  /// Notes a loss on held-out examples.
  mutating func note(_ evaluation: Evaluation) {
    evaluations.append(evaluation)
    if let best, best.loss <= evaluation.loss {
      evaluationsWithoutGain += 1
    } else {
      best = evaluation
      evaluationsWithoutGain = 0
    }
  }

  /// Adds figures of a step.
  mutating func note(_ figures: [String: Double]) {
    for (name, value) in figures {
      let earlier = counters[name] ?? CounterSum(sum: 0, steps: 0)
      counters[name] = CounterSum(sum: earlier.sum + value, steps: earlier.steps + 1)
    }
  }
}
