import Inference
import ModelFiles
import Probes

extension ModuleUnit {
  /// Such as `v_proj of block 3`.
  var words: String {
    "\(module.rawValue) of "
      + (layers.count == 1 ? "block \(layers.first)" : "blocks \(layers)")
  }

  /// Such as `3` or `3-6`.
  var layerText: String { layers.count == 1 ? "\(layers.first)" : "\(layers)" }
}

extension ModuleDisturbance {
  /// What was done to a matrix, in words.
  var words: String {
    switch kind {
    case .noise: "normal noise of \(amount(strength)) times the matrix's root mean square"
    case .shrink: "multiplication by \(amount(1 - strength))"
    case .drop: "\(percent(strength)) of the entries set to zero"
    case .quant: "rounding to \(amount(strength)) bits"
    case .delta:
      strength == 1
        ? "the tuned model's matrix in its place"
        : "\(percent(strength)) of the way to the tuned model's matrix"
    }
  }
}

extension ControlLabel {
  /// What the control tells of a prompt.
  var words: String {
    switch self {
    case .number: "whether the prompt mentions a number"
    case .question: "whether the prompt ends in a question mark"
    case .length: "whether the prompt is longer than most of its own class"
    }
  }
}

extension SeparationFigures {
  /// All figures in a few words.
  var words: String {
    """
    \(percent(recall)) of harmful and \(percent(benignRecall)) of harmless prompts told right, AUROC \
    \(figure(auroc))
    """
  }
}

extension StrengthCalibration {
  /// How the strength was found, in a sentence.
  var sentence: String {
    """
    The strength was calibrated in \(counted(trials.count, "trial")) so that disturbing all modules of one block \
    takes \(percent(target)) of the harmful prompts from the classifier, averaged over at most \(Self.mostBlocks) evenly \
    spaced blocks; at \
    \(amount(strength)) it takes \(percent(sensitivity)).
    """
  }

  /// What to say where the target was not met; nil where it was.
  var finding: PageVerdict.Finding? {
    if isReached { return nil }
    return PageVerdict.Finding(
      refutes: true,
      sentence: """
        No strength takes about \(percent(target)) from the classifier by disturbing whole blocks; the one taken \
        takes \(percent(sensitivity)), so that figures are at another scale than usual.
        """)
  }
}

extension StudySample {
  /// The prompts, in a sentence.
  var sentence: String {
    """
    Classifiers were fitted on \(trainingPositives) harmful and \(trainingNegatives) harmless prompts of the \
    part to fit on; disturbances were judged by \(positives) harmful and \(negatives) harmless prompts in \
    \(counted(groups, "group")) of the part to report on.
    """
  }
}

extension ModuleOptions {
  /// What to say of bands that know one draw alone; nil where there are several, or nothing is drawn.
  var drawFinding: PageVerdict.Finding? {
    guard kind.isDrawn, drawCount == 1 else { return nil }
    return PageVerdict.Finding(
      refutes: false,
      sentence: "One draw of the disturbance: bands are over prompts alone, and hold for this draw."
    )
  }
}

/// What analyses of modules have in common to say.
enum ModuleMethod {
  /// How a classifier is made and used.
  static let classifier = """
    The classifier is a logistic regression of what leaves the last block at the last position, before the final \
    norm, components standardised, squared weights counting half a prompt; it is fitted on the model as it is and \
    never again. Disturbed matrices are copies in memory.
    """

  /// What is lost.
  static let sensitivity = """
    Sensitivity: the share of harmful prompts that the classifier called harmful and no longer does. Where it \
    calls less than \(percent(SeparationFigures.leastBenignRecall)) of the harmless ones harmless, a large share \
    may only mean that it calls everything harmful, and what is left counts as at most what is left of the area \
    under the ROC curve above one half.
    """

  /// What it stands for.
  static let limits = [
    """
    Module robustness after Du et al., arXiv 2410.04524, whose procedure is not public: disturbances, their \
    strength and the search are choices of this tool.
    """,
    """
    That prompts can be told apart inside the model does not mean that it refuses: what becomes of refusals is \
    another measurement.
    """,
    """
    A disturbance of another kind may rank modules otherwise; trust what agrees between noise and shrink.
    """,
  ]
}

extension Chart {
  /// A figure of each unit as a map of modules and blocks.
  static func unitMap<Unit>(
    _ name: String, _ title: String, caption: String, measure: String, _ units: [Unit],
    unit: (Unit) -> ModuleUnit, isMarked: (Unit) -> Bool = { _ in false },
    value: (Unit) -> Double?
  ) -> Chart {
    .layerMap(
      name: name, title: title, caption: caption, measure: measure,
      units.flatMap { place in
        let unit = unit(place)
        return (unit.layers.first...max(unit.layers.first, unit.layers.last)).map { layer in
          MappedFigure(
            layer: layer, row: unit.module.rawValue,
            estimate: value(place).map { Estimate(value: $0, low: $0, high: $0, draws: 0) },
            isMarked: isMarked(place))
        }
      })
  }
}
