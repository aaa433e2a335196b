import Tuning

/// Sentences about a run: what came of it, and what to keep in mind.
extension TunedRun {
  private var outcome: TuningOutcome { report.outcome }

  private func choice(_ key: String) -> String? { choices[key] }

  /// What was tuned, in a few words.
  var subject: String {
    let model = choice("model").map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    return "\(model ?? "a model"), tuned"
  }

  /// What of the model was trained, in a few words.
  var methodName: String {
    choice("method") == "full" ? "all weights" : "LoRA of rank \(choice("rank") ?? "?")"
  }

  /// What of the model was trained.
  var method: String {
    guard choice("method") != "full" else { return methodName }
    let targets = (report.configuration["targets"] ?? "").split(separator: ",")
      .map { shown(String($0)) }.joined(separator: ", ")
    let scaling = choice("rank-stabilized") == "true" ? ", rank-stabilised" : ""
    return """
      \(methodName) (alpha \(choice("alpha") ?? "?")\(scaling)) on \(targets)
      """
  }

  /// How much there was to learn from.
  var dataSentence: String {
    let data = choice("data") ?? "the data"
    let mix =
      choice("mix").map { $0 == "none" ? "" : ", safety examples mixed in (\($0))" } ?? ""
    return """
      \(counted(report.training.examples, "example")) of \(data)\(mix): \
      \(report.training.tokens) tokens, \(report.training.targets) of them with loss
      """
  }

  /// What stands under the title.
  var lead: String { "\(method.capitalizedAtStart); \(words.name); \(dataSentence)." }

  /// How the run ended, in one to three words.
  var ending: String {
    if fault != nil { return "Broken off" }
    return outcome.stoppedEarly ? "Stopped early" : "Finished"
  }

  /// The training loss of the first and of the last tenth of the steps on the task.
  var trainingLoss: (first: Double, last: Double, span: Int)? {
    let losses = taskSteps.map(\.loss)
    guard !losses.isEmpty else { return nil }
    let span = max(1, losses.count / 10)
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
    return (mean(losses.prefix(span)), mean(losses.suffix(span)), span)
  }

  /// The one sentence to quote.
  var claim: String {
    var parts: [String] = []
    if let loss = trainingLoss {
      let of = loss.span == 1 ? "the first and the last" : "the first and the last \(loss.span)"
      parts.append(
        """
        training loss went from \(figure(loss.first)) to \(figure(loss.last)) (means of \(of) \
        \(loss.span == 1 ? "step" : "steps") on the task)
        """)
    }
    if let only = outcome.evaluations.first, outcome.evaluations.count == 1 {
      parts.append("held-out loss was \(figure(only.loss)) nats before")
    } else if let first = outcome.evaluations.first, let last = finalEvaluation {
      parts.append(
        """
        held-out loss from \(figure(first.loss)) to \(figure(last.loss)) nats, \
        \(counted(report.heldOut.targets, "token")) of \
        \(counted(report.heldOut.examples, "example"))
        """)
    }
    let steps = "\(outcome.steps) of \(counted(outcome.plannedSteps, "step")) of \(words.name)"
    let seed = choice("seed") ?? "?"
    return parts.isEmpty
      ? "\(steps), seed \(seed)."
      : "In \(steps), \(parts.joined(separator: "; ")). One run, seed \(seed)."
  }

  /// Whether the weights are those that did best on held-out examples, not those of the last step.
  private var keepsBest: Bool {
    fault == nil && (outcome.stoppedEarly || choice("patience") != nil)
  }

  /// The evaluation of the weights that were written, or of the last ones where none were.
  var finalEvaluation: TuningOutcome.Evaluation? {
    keepsBest ? outcome.best : outcome.evaluations.last
  }

  /// What to keep in mind.
  var findings: [String] {
    [
      fault.map(shown), best, rise,
      outcome.evaluations.isEmpty
        ? "No held-out examples: nothing here tells learning from memorising." : nil,
      outcome.clippedSteps > 0
        ? """
        The gradient of \(outcome.clippedSteps) of \(counted(outcome.steps, "step")) was shortened to the \
        norm \(choice("clip") ?? "?").
        """ : nil,
      report.truncatedExamples > 0
        ? "\(counted(report.truncatedExamples, "example")) lost the end of an answer to fit." : nil,
      still, vanished,
    ].compactMap { $0 } + strategyFindings
  }

  private var best: String? {
    guard keepsBest, let best = outcome.best,
      outcome.stoppedEarly || best != outcome.evaluations.last
    else { return nil }
    let start =
      outcome.stoppedEarly ? "Held-out loss stopped falling" : "Held-out loss rose at last"
    return """
      \(start); the weights are those after step \(best.step), where it was lowest, \(figure(best.loss)).
      """
  }

  private var rise: String? {
    guard !keepsBest, let best = outcome.best, let last = outcome.evaluations.last,
      best.loss < last.loss
    else { return nil }
    return """
      Held-out loss was lowest after step \(best.step), \(figure(best.loss)), and higher at the end; \
      --patience would have kept those weights.
      """
  }

  private var still: String? {
    let count = report.updates.count { $0.updateNorm == 0 }
    guard count > 0 else { return nil }
    return "\(count) of \(counted(report.updates.count, "weight")) did not move."
  }

  private var vanished: String? {
    guard let log else { return nil }
    let count = log.steps.count { $0.gradientNorm == 0 }
    guard count > 0 else { return nil }
    return """
      The gradient was zero at \(count) of \(counted(log.steps.count, "step")): nothing was learned there.
      """
  }

  // MARK: What the strategy did

  private var strategyFindings: [String] {
    switch outcome.strategy {
    case "sap": [skipped, noise].compactMap { $0 }
    case "lisa": [phases].compactMap { $0 }
    case "swat": [warmUp].compactMap { $0 }
    default: []
    }
  }

  private var skipped: String? {
    guard let skipped = outcome.counters["skipped"], skipped.sum > 0 else { return nil }
    return """
      \(skipped.count) of \(counted(skipped.steps, "step")) had no safety gradient and were plain.
      """
  }

  private var noise: String? {
    let reported = (log?.steps ?? []).compactMap { step -> (norm: Double, floor: Double)? in
      guard let norm = step.counters?["probe_gradient_norm"],
        let floor = step.counters?["noise_floor"]
      else { return nil }
      return (norm, floor)
    }
    guard !reported.isEmpty else { return nil }
    let lost = reported.count { $0.norm <= 2 * $0.floor }
    return """
      The norm of g_V was at most twice its noise floor at \(lost) of \
      \(counted(reported.count, "step")) where the floor was measured.
      """
  }

  private var phases: String? {
    guard let phase = outcome.counters["phase_is_safety"] else { return nil }
    let safety = phase.count
    return "\(counted(safety, "step")) on safety data, \(phase.steps &- safety) on the task."
  }

  private var warmUp: String? {
    guard let log, let late = outcome.groups.firstIndex(where: { $0.firstRate == 0 }) else {
      return nil
    }
    let alone = log.steps.prefix { late < $0.rates.count && $0.rates[late] == 0 }.count
    return "The robust modules learned alone in the first \(counted(alone, "step"))."
  }
}
