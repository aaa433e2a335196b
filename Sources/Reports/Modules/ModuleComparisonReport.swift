import Inference
public import Probes

extension ModuleComparison: LayersResult {
  public static var kind: String { "modules-compare" }

  public static func forms(of report: LayersReport<ModuleComparison>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb modules compare`.
public typealias ModuleComparisonReport = LayersReport<ModuleComparison>

extension ModuleComparison {
  /// Units whose loss differs, all units considered, the largest difference first.
  var changed: [Difference] {
    differences.filter { difference in
      difference.change?.excludesZero ?? false
    }.sorted { abs($0.change?.value ?? 0) > abs($1.change?.value ?? 0) }
  }

  /// What may be said.
  var claim: String {
    let least = percent(SeparationFigures.leastRecall)
    let separation =
      switch outcome {
      case .held: "The classifier of the model before still tells the prompts apart"
      case .moved:
        """
        The separation moved: on the model after, the classifier of the model before tells less than \(least) of a \
        class right, one fitted anew at least as much of both
        """
      case .gone:
        """
        The separation is gone: on the model after, the classifier of the model before and one fitted anew each tell \
        less than \(least) of a class right
        """
      }
    let maps =
      after == nil
      ? "A map by a classifier that is unusable would say nothing, so there is none of the model after."
      : changed.first.map {
        """
        In \(changed.count) of \(differences.count) units the loss by the same disturbance differs, all units \
        considered, most in \($0.unit.words) (\(figureAndInterval($0.change, isSigned: true)) of the way to \
        chance).
        """
      } ?? """
        In none of \(differences.count) units is the loss by the same disturbance told from that before, all units \
        considered.
        """
    return "\(separation) (\(carried.words); on the model before \(before.heldOut.words)). \(maps)"
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    findings += [
      before.calibration?.finding, before.options.drawFinding,
      fewGroupsFinding(before.sample.groups),
    ].compactMap(\.self)
    if !attribution.isWhole {
      findings.append(
        .init(
          refutes: false,
          sentence: """
            The models differ in more than their projections, or precision leaves a trace: with all projections \
            exchanged one is not quite the other.
            """))
    }
    if attribution.before.recall == attribution.after.recall {
      findings.append(
        .init(
          refutes: false,
          sentence: """
            The classifier finds as many harmful prompts after as before, so that shares attribute nothing; margins \
            may.
            """))
    }
    return findings
  }

  /// The classifiers on both models.
  var classifierTable: ReportTable {
    var table = ReportTable(
      "Classifiers on prompts they were not fitted on",
      [
        .text("classifier"), .text("model"), .number("harmful told"), .number("harmless told"),
        .number("AUROC"), .number("margin"),
      ])
    for (classifier, model, figures) in [
      ("of the model before", "before", before.heldOut), ("of the model before", "after", carried),
      ("fitted anew", "after", refitted),
    ] {
      table.add([
        classifier, model, figure(figures.recall), figure(figures.benignRecall),
        figure(figures.auroc), figure(figures.margin, isSigned: true),
      ])
    }
    return table
  }

  /// What groups of changes do.
  var attributionTable: ReportTable {
    var table = ReportTable(
      "Changes of groups of modules, alone and left out",
      [
        .text("module"), .number("blocks"), .number("‖ΔW‖"), .number("q alone"),
        .number("margin"), .number("q without"), .number("margin"),
      ])
    func row(
      _ name: String, _ layers: String, _ change: String, _ alone: SeparationFigures,
      _ without: SeparationFigures
    ) {
      table.add([
        name, layers, change, figure(alone.recall), figure(alone.margin, isSigned: true),
        figure(without.recall), figure(without.margin, isSigned: true),
      ])
    }
    row("none", "", "", attribution.before, attribution.after)
    for group in attribution.groups {
      row(
        group.unit.module.rawValue, group.unit.layerText, figure(group.weightChange),
        group.sufficiency, group.necessity)
    }
    row("all", "", "", attribution.allChanges, attribution.noChanges)
    return table
  }

  /// The units whose loss differs most.
  func differenceTable(_ count: Int) -> ReportTable {
    var table = ReportTable(
      "Units whose loss differs most",
      [
        .text("module"), .number("blocks"), .number("before"), .number("after"),
        .number("difference"),
      ])
    let sorted = differences.indices.sorted {
      let (one, other) = (differences[$0], differences[$1])
      return (abs(other.change?.value ?? 0), $0) < (abs(one.change?.value ?? 0), $1)
    }
    for difference in sorted.prefix(count).map({ differences[$0] }) {
      table.add([
        difference.unit.module.rawValue, difference.unit.layerText,
        figure(difference.sensitivityBefore, isSigned: true),
        figure(difference.sensitivityAfter, isSigned: true),
        figureAndInterval(difference.change, isSigned: true),
      ])
    }
    return table
  }

  /// How the figures came about.
  var methodItems: [String] {
    [
      before.sample.sentence, ModuleMethod.classifier,
      """
      Both maps: \(before.disturbance.words), the same draws and the same prompts; the map of the model after is \
      by the classifier fitted anew. Difference: of the losses, as shares of the way to chance, with bands over \
      \(before.options.draws) paired bootstrap draws that hold for all units together.
      """, before.calibration?.sentence, ModuleMethod.sensitivity,
      """
      Alone: the model before with the changes of these modules and no others. Without: the model after with these \
      modules as they were. Both by the classifier of the model before.
      """,
    ].compactMap(\.self)
  }
}
