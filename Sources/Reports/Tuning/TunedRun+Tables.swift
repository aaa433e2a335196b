import Tuning

/// Figures of a run in rows, for pages and for Markdown alike.
extension TunedRun {
  /// A row for each group of tensors of one rate and decay.
  var groupRows: [[String]] {
    report.outcome.groups.map { group in
      [
        name(of: group), modules(of: group), "\(group.tensors)",
        "\(group.parameters)", amount(group.firstRate), amount(group.lastRate),
        amount(group.weightDecay),
      ]
    }
  }

  /// What the columns of the groups are called.
  static let groupTitles = [
    "group", "modules", "tensors", "values", "rate at the first step", "rate at the last",
    "decay",
  ]

  /// A row for each of the strategy's figures.
  var counterRows: [[String]] {
    words.listed(report.outcome.counters).map { key, counter in
      [
        words.words(of: key) ?? shown(key),
        StrategyWords.counts.contains(key) ? "\(counter.count)" : amount(counter.mean),
        "\(counter.steps)",
      ]
    }
  }

  /// What the columns of the strategy's figures are called.
  static let counterTitles = ["figure", "mean, or count", "of steps"]

  /// The updates, the largest share of a weight first.
  var sortedUpdates: [UpdateNorm] {
    report.updates.enumerated().sorted {
      (-($0.element.relative ?? -1), $0.offset) < (-($1.element.relative ?? -1), $1.offset)
    }.map(\.element)
  }

  /// How far each kind of module moved, over its layers.
  var updatesByModule: [(module: String, updates: [UpdateNorm])] {
    var modules: [String] = []
    for update in report.updates where !modules.contains(update.kind) {
      modules.append(update.kind)
    }
    let byModule = Dictionary(grouping: report.updates, by: \.kind)
    return modules.map { ($0, byModule[$0] ?? []) }
  }

  /// What the steps took; nil without a log.
  var pace: Pace? { tellsPace ? log.flatMap { Pace($0) } : nil }

  /// What the steps of a run took.
  struct Pace: Sendable {
    /// The median of a step.
    let secondsPerStep: Double
    /// Tokens of all steps over their seconds.
    let tokensPerSecond: Double
    /// All steps and all evaluations.
    let seconds: Double

    fileprivate init?(_ log: TuningLog) {
      let times = log.steps.map(\.seconds).sorted()
      let sum = times.reduce(0, +)
      guard !times.isEmpty, sum > 0 else { return nil }
      secondsPerStep = (times[times.count / 2] + times[(times.count - 1) / 2]) / 2
      tokensPerSecond = log.steps.reduce(0) { $0 + Double($1.tokens) } / sum
      seconds = sum + log.evaluations.reduce(0) { $0 + $1.seconds }
    }

    /// The pace in a sentence.
    var sentence: String {
      """
      \(amount(secondsPerStep)) seconds to a step (median), \(amount(tokensPerSecond)) tokens per second in \
      steps; steps and evaluations took \(amount(seconds)) seconds.
      """
    }
  }

  /// The choices and what they were made on, by name.
  var fields: [(name: String, value: String)] {
    choices.sorted { $0.key < $1.key }.map { (shown($0.key), $0.value) }
  }

  /// What the run was made from and with.
  var provenance: [(name: String, value: String)] {
    report.digests.sorted { $0.key < $1.key }.map { ("\(shown($0.key)), SHA-256", shown($0.value)) }
      + [("tool", report.toolVersion)]
  }
}

extension TuningOutcome.Counter {
  /// The sum of a figure that is one or zero at a step; a file may hold any number.
  var count: Int { Int(exactly: sum.rounded()) ?? 0 }
}

extension UpdateNorm {
  /// The module, biases apart.
  var kind: String { tensor.hasSuffix(".bias") ? "\(module) bias" : module }
}
