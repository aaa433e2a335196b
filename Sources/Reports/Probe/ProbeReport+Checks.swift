import Foundation
import Probes

/// One row of the table of checks: what was tried, what came out, and how to read it.
struct CheckRow {
  /// What was tried.
  let check: String
  /// What came out, or that it was not run.
  let figure: String
  /// How to read it, or what it would have needed.
  let reading: String

  init(_ check: String, _ figure: String, _ reading: String) {
    self.check = check
    self.figure = figure
    self.reading = reading
  }

  /// A row of a check that may not have been run.
  init<Finding>(
    _ check: String, _ result: Check<Finding>, _ figure: (Finding) -> String, _ reading: String
  ) {
    switch result {
    case .done(let finding): self.init(check, figure(finding), reading)
    case .notRun(let reason): self.init(check, "not run", reason.words)
    }
  }
}

extension ProbeReport {
  /// Everything that could have refuted the headline, in the order of the report.
  ///
  /// Nothing in it comes from input but names of sources, which the caller escapes.
  func checks(_ escape: (String) -> String) -> [CheckRow] {
    chanceChecks + confoundChecks + kindChecks + modelChecks + [transferCheck(escape)]
      + qualityChecks
  }

  private var chanceChecks: [CheckRow] {
    let controls = analysis.controls
    let permutation = controls.permutation
    let task = controls.controlTask
    return [
      permutation.exchange == .impossible
        ? CheckRow("labels permuted", "not run", NotRun.needsBothClasses.words)
        : CheckRow(
          "labels permuted",
          "p = \(chance(permutation.pValue)); \(figure(permutation.observed)) against "
            + "\(range(permutation.null))",
          """
          largest area over \(counted(analysis.cells.count, "cell")) by ridge regression, labels \
          exchanged \(permutation.exchange.words), \(permutation.null.count) times: pays for the choice \
          of the cell
          """),
      CheckRow(
        "random directions", range(controls.randomDirections.aurocs),
        "what \(controls.randomDirections.aurocs.count) directions drawn at random reach at the "
          + "reference cell"),
      CheckRow(
        "control task",
        "\(figure(task.accuracy)) against \(figure(mean(task.controlAccuracies))); selectivity "
          + figure(task.selectivity, isSigned: true),
        """
        accuracy on the labels and on labels drawn for whole groups, with folds that split groups: how \
        well a probe remembers groups
        """),
      CheckRow(
        "folds that split groups",
        "\(figure(controls.splitGroups.auroc)) against \(figure(controls.splitGroups.groupedAuroc))",
        "what a report without groups would have shown of the reference cell"),
      CheckRow(
        "near-duplicates",
        "\(counted(analysis.sample.duplicates.pairs, "pair")), \(analysis.sample.duplicates.dropped) "
          + "dropped",
        "prompts of different groups with half of their token trigrams in common"),
    ]
  }

  private var confoundChecks: [CheckRow] {
    analysis.controls.matched.map { comparison in
      CheckRow(
        "only pairs of one \(comparison.matching.words)", comparison.figures,
        {
          "\(figureAndInterval($0.auroc)), gain \(figureAndInterval($0.gain, isSigned: true))"
        },
        "the headline's scores compared between prompts alike in \(comparison.matching.words)")
    }
  }

  private var kindChecks: [CheckRow] {
    analysis.controls.otherKinds.map { comparison in
      CheckRow(
        comparison.kind.words, comparison.figures,
        {
          "\(figureAndInterval($0.auroc)), over its twin \(figureAndInterval($0.gain, isSigned: true))"
        }, comparison.kind.reading)
    }
  }

  private var modelChecks: [CheckRow] {
    let controls = analysis.controls
    return [
      CheckRow(
        "the model's own refusal log-odds", controls.refusal,
        {
          "\(figureAndInterval($0.figures.auroc)), probe \(figureAndInterval($0.gain, isSigned: true))"
        }, "is probing better than asking?"),
      CheckRow(
        "untrained twin", controls.untrainedTwin,
        {
          "\(figureAndInterval($0.figures.auroc)), probe \(figureAndInterval($0.gain, isSigned: true))"
        },
        "the same probe on a model of the same shape with random weights"),
      CheckRow(
        "ablating and adding the direction", controls.causal,
        {
          $0.passes
            ? "moves refusal both ways, as random directions do not"
            : "does not move refusal both ways more than random directions"
        },
        "effect on the refusal log-odds, beside random directions of the same norm"),
    ]
  }

  private func transferCheck(_ escape: (String) -> String) -> CheckRow {
    CheckRow(
      "transfer", analysis.controls.transfer,
      { matrix in
        let crossed = matrix.entries.filter { $0.train != $0.test }
        return range(crossed.map(\.auroc))
      }, "trained on one source, tested on another")
  }

  private var qualityChecks: [CheckRow] {
    let stability = analysis.controls.stability
    var rows = [
      CheckRow(
        "stability",
        "cosine \(figure(mean(stability.cosines))), signs \(percent(stability.signAgreement))",
        "of the folds' directions at the reference cell")
    ]
    guard let quality = analysis.headline?.quality else { return rows }
    let calibration = quality.calibration
    rows += [
      CheckRow(
        "calibration",
        "error \(figure(calibration.debiasedError)), slope \(figure(calibration.slope)), intercept "
          + figure(calibration.intercept, isSigned: true),
        "of chances recalibrated in training; error after taking out the bias of binning"),
      CheckRow(
        "Brier score, log loss",
        "\(figureAndInterval(quality.brier)), \(figureAndInterval(quality.logLoss))",
        "0.250 and 0.693 are what guessing costs with classes of one size"),
    ]
    for point in quality.operatingPoints {
      rows.append(
        CheckRow(
          "found at \(percent(point.target)) false alarms",
          figureAndInterval(point.truePositiveRate),
          "threshold set in training; false alarms held out: "
            + figureAndInterval(point.falsePositiveRate)))
    }
    return rows
  }
}

/// The mean; 0 for none.
private func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(max(values.count, 1))
}

extension NotRun {
  /// What would have been needed.
  var words: String {
    switch self {
    case .needsModel: "needs the model: --model"
    case .needsSources: "needs a source column with several sources, or --transfer"
    case .needsPairs: "needs pairs of a prompt of each class: a column named pair"
    case .needsTokens: "needs tokens of the user's"
    case .needsText: "needs the prompts' text: extract with --store-text"
    case .needsPositions: "needs more than one position: extract with several --positions"
    case .needsBothClasses: "needs both classes among prompts that are alike in this"
    case .needsHeadline: "needs a headline"
    }
  }
}

extension PermutationNull.Exchange {
  /// What is exchanged, in a sentence.
  var words: String {
    switch self {
    case .withinGroups: "within groups"
    case .wholeGroups: "between whole groups"
    case .both: "within groups of both classes and between whole groups of one"
    case .impossible: "nowhere, for every source has one class"
    }
  }
}

extension MatchedComparison.Matching {
  /// What is alike, in a sentence.
  var words: String { rawValue }
}

extension KindComparison.Kind {
  /// The kind's name in a table.
  var words: String {
    switch self {
    case .mlp: "multi-layer perceptron"
    case .attention: "attention over positions"
    case .ccs: "contrast-consistent search"
    }
  }

  /// How to read the comparison.
  var reading: String {
    switch self {
    case .mlp:
      "64 units, trained on one fold less; its twin is logistic regression on the same cell"
    case .attention: "learned pooling; its twin is logistic regression on the mean over positions"
    case .ccs: "sees pairs, not labels; its twin is the difference of the pair's logistic scores"
    }
  }
}
