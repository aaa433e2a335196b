import Tuning

/// A strategy of tuning and its figures, in words.
struct StrategyWords: Sendable {
  /// The name in sentences.
  let name: String
  /// What the strategy does, a sentence.
  let sentence: String
  /// What its figures are called, in the order they are listed.
  let counters: [(key: String, words: String)]
  /// Which of them are drawn together.
  let charts: [CounterChart]

  /// Figures of one unit in one chart.
  struct CounterChart: Sendable {
    let name: String
    let title: String
    let caption: String
    let measure: String
    let counters: [String]
  }

  /// The words of a run's strategy, with its choices.
  ///
  /// - Parameters:
  ///   - name: the strategy, as on the command line.
  ///   - choices: the run's choices, by the names of the options.
  init(_ name: String, _ choices: [String: String]) {
    func choice(_ key: String) -> String { choices[key] ?? "?" }
    switch name {
    case "plain":
      self.init(
        "plain tuning", "Everything that trains learns at the full rate from the task alone.")
    case "frozen":
      self.init("frozen layers (SPPFT)", "Layers \(choice("layers")) keep their weights.")
    case "ml-lr":
      self.init(
        "modular rates (ML-LR)",
        """
        The robust modules of \(choice("modules"))\(Self.control(choices)) learn at the full rate, all \
        others at \(choice("share")) of it.
        """)
    case "swat":
      self.init(
        "modular warm-up (SWAT)",
        """
        The robust modules of \(choice("modules"))\(Self.control(choices)) learn alone in the first \
        \(choice("warm-up-share")) of the steps, then everything does.
        """)
    case "sap": self = .probing(choices)
    case "lisa":
      self.init(
        "safety alternation (Lisa)",
        """
        \(choice("safety-steps")) steps on safety data and \(choice("task-steps")) on the task take turns; \
        weights are pulled to where they were at the last change, by \(choice("pull")).
        """,
        [
          ("phase_is_safety", "steps on safety data"),
          ("distance_from_anchor", "distance from the weights at the last change"),
        ],
        [
          CounterChart(
            name: "distance", title: "Distance from the weights at the last change",
            caption: "What the pull holds back; zero at each change of phase.",
            measure: "distance (Frobenius)", counters: ["distance_from_anchor"])
        ])
    default: self.init(choice("strategy"), "This version has no words for it.")
    }
  }

  private init(
    _ name: String, _ sentence: String, _ counters: [(key: String, words: String)] = [],
    _ charts: [CounterChart] = []
  ) {
    self.name = name
    self.sentence = sentence
    self.counters = counters
    self.charts = charts
  }

  private static func control(_ choices: [String: String]) -> String {
    switch choices["module-control"] {
    case "complement": " (as a control: all but those)"
    case "random": " (as a control: as many others at random)"
    default: ""
    }
  }

  private static func probing(_ choices: [String: String]) -> StrategyWords {
    func choice(_ key: String) -> String { choices[key] ?? "?" }
    return StrategyWords(
      "safety-aware probing (SAP)",
      """
      Each step is made with a probe in layers \(choice("layers")), of size \(choice("probe-size")), chosen so \
      that moving the weights in a harmful direction, by \(choice("move-share")) of their norm, costs task \
      performance.
      """,
      [
        ("skipped", "steps without a safety gradient, which were plain"),
        ("safety_loss", "safety loss"),
        ("safety_gradient_norm", "norm of the safety gradient"),
        ("safety_task_cosine", "cosine of safety and task gradient"),
        ("move", "norm of the harmful move"),
        ("moved_loss", "task loss with the weights moved"),
        ("move_cost", "cost of the move"),
        ("move_cost_with_probe", "cost of the move, with the probe"),
        ("probe_gradient_norm", "norm of the probe's gradient, g_V"),
        ("noise_floor", "its noise floor, without a move"),
        ("probe_norm", "norm of the probe"),
        ("probe_loss", "task loss with the probe"),
      ],
      [
        CounterChart(
          name: "probe-gradient", title: "The probe's gradient and its noise floor",
          caption: """
            g_V is the difference that the harmful move makes to the gradient at the probed sites; the \
            noise floor is the norm of the same difference without a move.
            """,
          measure: "norm", counters: ["probe_gradient_norm", "noise_floor"]),
        CounterChart(
          name: "safety-loss", title: "Safety loss", caption: "On the step's pairs of answers.",
          measure: "loss", counters: ["safety_loss"]),
        CounterChart(
          name: "move-cost", title: "What the harmful move costs",
          caption: """
            Task loss with the weights moved, less the loss without; with the probe the method wants it larger.
            """,
          measure: "loss (nats)", counters: ["move_cost", "move_cost_with_probe"]),
        CounterChart(
          name: "cosine", title: "Safety and task gradient",
          caption: "Their cosine: below zero, a step on the task alone would lose safety.",
          measure: "cosine", counters: ["safety_task_cosine"]),
      ])
  }

  /// What a figure is called; nil for one without words.
  func words(of counter: String) -> String? {
    counters.first { $0.key == counter }?.words
  }

  /// Figures that are one or zero at a step, and so counts over the steps.
  static let counts: Set<String> = ["skipped", "phase_is_safety"]

  /// A run's figures in the order they are listed; those without words come last.
  func listed(
    _ found: [String: TuningOutcome.Counter]
  ) -> [(key: String, counter: TuningOutcome.Counter)] {
    let known = counters.map(\.key)
    let others = found.keys.filter { !known.contains($0) }.sorted()
    return (known + others).compactMap { key in found[key].map { (key, $0) } }
  }
}
