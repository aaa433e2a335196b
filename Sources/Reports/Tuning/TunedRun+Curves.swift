import Tuning

/// What is drawn over the steps of a run.
extension TunedRun {
  /// What a loss is of.
  enum LossKind: CaseIterable {
    case task, safety, heldOut
  }

  /// The losses of the run, as far as there are any.
  var lossCurves: [StepCurve] { LossKind.allCases.compactMap(lossCurve) }

  /// A loss over the steps; steps on safety data are apart from those on the task.
  func lossCurve(_ kind: LossKind) -> StepCurve? {
    switch kind {
    case .task: Self.curve("training loss", taskSteps.map { ($0.step, $0.loss) })
    case .safety:
      Self.curve(
        "training loss, safety data",
        (log?.steps ?? []).filter(\.isOnSafetyData).map { ($0.step, $0.loss) })
    case .heldOut:
      Self.curve("held-out loss", report.outcome.evaluations.map { ($0.step, $0.loss) })
    }
  }

  /// The steps that learned from the task.
  var taskSteps: [TuningLog.Step] { (log?.steps ?? []).filter { !$0.isOnSafetyData } }

  /// The learning rate of each group; groups of one rate throughout are one curve.
  var rateCurves: [StepCurve] {
    let groups = report.outcome.groups
    var curves: [(names: [String], points: [(Int, Double)])] = []
    for (index, group) in groups.enumerated() {
      let points = (log?.steps ?? []).compactMap { step in
        index < step.rates.count ? (step.step, step.rates[index]) : nil
      }
      let name = self.name(of: group)
      let same = curves.firstIndex { $0.points.map(\.1) == points.map(\.1) }
      if let same {
        if !curves[same].names.contains(name) { curves[same].names.append(name) }
      } else {
        curves.append(([name], points))
      }
    }
    return curves.compactMap { Self.curve($0.names.joined(separator: "; "), $0.points) }
  }

  /// The strategy's figures that the log has, in charts.
  var counterCharts: [(chart: StrategyWords.CounterChart, curves: [StepCurve])] {
    words.charts.compactMap { chart in
      let curves = chart.counters.compactMap { key in
        Self.curve(
          words.words(of: key) ?? key,
          (log?.steps ?? []).compactMap { step in step.counters?[key].map { (step.step, $0) } })
      }
      return curves.isEmpty ? nil : (chart, curves)
    }
  }

  private static func curve(_ name: String, _ points: [(Int, Double)]) -> StepCurve? {
    points.isEmpty
      ? nil : StepCurve(name, points.map { StepCurve.Point(step: $0.0, value: $0.1) })
  }

  /// The strategy in words.
  var words: StrategyWords { StrategyWords(report.outcome.strategy, choices) }

  /// The kinds of modules that a group's tensors belong to.
  func modules(of group: TuningOutcome.Group) -> String {
    group.modules.map(shown).joined(separator: ", ")
  }

  /// What the tensors of a group are.
  func name(of group: TuningOutcome.Group) -> String {
    let others = report.outcome.groups.filter { $0.lastRate != group.lastRate }
    let early = report.outcome.groups.filter { $0.firstRate != group.firstRate }
    switch report.outcome.strategy {
    case "ml-lr" where !others.isEmpty:
      return others.allSatisfy { $0.lastRate < group.lastRate }
        ? "robust modules" : "other modules"
    case "swat" where !early.isEmpty:
      return group.firstRate > 0 ? "robust modules" : "other modules"
    default:
      let isAlone = others.isEmpty && early.isEmpty
      return isAlone ? "everything that trains" : modules(of: group)
    }
  }
}

extension TuningLog.Step {
  /// Whether a strategy that alternates was on its safety data.
  fileprivate var isOnSafetyData: Bool { (counters?["phase_is_safety"] ?? 0) > 0 }
}
