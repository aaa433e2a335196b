import Inference
public import Probes

extension ModuleMap: LayersResult {
  public static var kind: String { "modules-map" }

  public static func forms(of report: LayersReport<ModuleMap>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of `plumb modules map`.
public typealias ModuleMapReport = LayersReport<ModuleMap>

extension ModuleMap {
  /// Units that lost more than the control, the largest excess first.
  var specific: [ModuleCell] {
    cells.filter(\.isSpecific).sorted { $0.excess?.value ?? 0 > $1.excess?.value ?? 0 }
  }

  /// In a word or two.
  var verdictWord: String {
    control?.isUsable != true ? "no control" : specific.isEmpty ? "not specific" : "specific"
  }

  /// What may be said.
  var claim: String {
    let most = cells.max { $0.sensitivity.mean < $1.sensitivity.mean }
    let what = most.map {
      """
      With \(disturbance.words), the most sensitive of \(cells.count) units is \($0.unit.words), which takes \
      \(percent($0.sensitivity.mean)) of the harmful prompts from the classifier.
      """
    }
    let specificity =
      switch (control?.isUsable == true, specific.first) {
      case (false, _):
        """
        Nothing unrelated is told well enough to compare with, so none of it can be called specific to security.
        """
      case (true, nil):
        """
        In no unit does security lose more than the control, all units considered: nothing here is specific to \
        security.
        """
      case (true, let first?):
        """
        In \(specific.count) of \(cells.count) units security loses more than the control, all units considered, \
        most in \(first.unit.words) (by \(figureAndInterval(first.excess, isSigned: true)) of the way to chance).
        """
      }
    return [what, specificity].compactMap(\.self).joined(separator: " ")
  }

  /// What else to know before quoting it.
  var findings: [PageVerdict.Finding] {
    var findings: [PageVerdict.Finding] = []
    func add(_ refutes: Bool, _ sentence: String) {
      findings.append(PageVerdict.Finding(refutes: refutes, sentence: sentence))
    }
    if let control, !control.isUsable {
      add(
        true,
        """
        The best control, \(control.label.words), is told at an AUROC of \(figure(control.figures.auroc)), below \
        the \(amount(ControlLabel.leastArea)) that a comparison needs.
        """)
    } else if control == nil {
      add(true, "No control divides the prompts into parts that are both large enough.")
    }
    if let finding = calibration?.finding { findings.append(finding) }
    if let controlAgreement {
      add(
        false,
        """
        Losses of security and of the control rank the units with a Spearman correlation of \
        \(figure(controlAgreement, isSigned: true)); the loss of security and how far the vectors move with \
        \(figure(changeAgreement, isSigned: true)). What is alike in them is the disturbance's, not security's.
        """)
    }
    findings += [options.drawFinding, fewGroupsFinding(sample.groups)].compactMap(\.self)
    let byArea = cells.reduce(0) { $0 + $1.decidedByArea }
    if byArea > 0 {
      add(
        false,
        """
        In \(byArea) of \(cells.count * options.drawCount) readings too many harmless prompts were called harmful, \
        and the area under the ROC curve decided.
        """)
    }
    let broken = cells.reduce(0) { $0 + $1.broken }
    if broken > 0 { add(true, "In \(counted(broken, "reading")) vectors were no numbers.") }
    return findings + patterns
  }

  /// The patterns that others saw, beside the control.
  private var patterns: [PageVerdict.Finding] {
    func sentence(_ name: String, _ one: [ModuleCell], _ other: [ModuleCell]) -> String {
      func mean(_ cells: [ModuleCell], _ value: (ModuleCell) -> Double?) -> Double? {
        let values = cells.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
      }
      let (first, second) = (
        mean(one) { $0.securityLoss.mean }, mean(other) { $0.securityLoss.mean }
      )
      let control = mean(one) { $0.controlLoss?.mean }.flatMap { first in
        mean(other) { $0.controlLoss?.mean }.map {
          "; the control \(figure(first, isSigned: true)) against \(figure($0, isSigned: true))"
        }
      }
      return """
        \(name): security loses \(figure(first, isSigned: true)) of the way to chance on average, against \
        \(figure(second, isSigned: true))\(control ?? "").
        """
    }
    let middle = Double(layerCount) / 2
    let earlier = cells.filter {
      Double($0.unit.layers.first + $0.unit.layers.last + 1) / 2 < middle
    }
    let later = cells.filter {
      Double($0.unit.layers.first + $0.unit.layers.last + 1) / 2 >= middle
    }
    let routing: Set<WeightModule> = [.queryProjection, .keyProjection]
    return [
      sentence("Earlier half of the blocks against the later", earlier, later),
      sentence(
        "Queries and keys against other modules",
        cells.filter { routing.contains($0.unit.module) },
        cells.filter { !routing.contains($0.unit.module) }),
    ].map { PageVerdict.Finding(refutes: false, sentence: $0) }
  }

  /// How the figures came about.
  var methodItems: [String] {
    [
      sample.sentence, ModuleMethod.classifier,
      """
      On all \(sample.heldOut) prompts that took no part in fitting: \(heldOut.words). On those judged by, with \
      nothing disturbed: \(clean.words); from the mean over all positions: \(pooled.words).
      """,
      """
      Disturbance: \(disturbance.words), \
      \(counted(options.drawCount, "draw")) per unit; a unit is \
      \(window == 1 ? "one module" : "\(window) consecutive blocks' modules of one kind").
      """, calibration?.sentence,
      ModuleMethod.sensitivity,
      """
      Loss: the share of the way from the area under the ROC curve with nothing disturbed to one half. Control: \
      the same of a probe of \
      \(control.map { "\($0.label.words), told at an AUROC of \(figure($0.figures.auroc))" } ?? "nothing").
      """,
      bandFactor.map {
        """
        Bands of the excess over the control: \(amount($0)) standard errors, over \(options.draws) bootstrap draws \
        of whole groups of prompts and over the draws of the disturbance; they hold for all units together.
        """
      },
    ].compactMap(\.self)
  }

  /// Means of parts of the model.
  func partTable(_ caption: String, _ parts: [Part]) -> ReportTable {
    var table = ReportTable(
      caption,
      [
        .text("part"), .number("sensitivity"), .number("security"), .number("control"),
        .number("change"),
      ])
    for part in parts {
      table.add([
        part.name, figure(part.sensitivity, isSigned: true),
        figure(part.securityLoss, isSigned: true), figure(part.controlLoss, isSigned: true),
        figure(part.relativeChange),
      ])
    }
    return table
  }

  /// The most sensitive units.
  func topTable(_ count: Int) -> ReportTable {
    var table = ReportTable(
      "The most sensitive units",
      [
        .text("module"), .number("blocks"), .number("q"), .number("sensitivity"),
        .number("security"), .number("control"), .number("change"),
      ])
    let sorted = cells.indices.sorted {
      let (one, other) = (cells[$0], cells[$1])
      return (other.sensitivity.mean, other.securityLoss.mean, $0)
        < (one.sensitivity.mean, one.securityLoss.mean, $1)
    }
    for cell in sorted.prefix(count).map({ cells[$0] }) {
      table.add([
        cell.unit.module.rawValue, cell.unit.layerText, figure(cell.recall.mean),
        figure(cell.sensitivity.mean, isSigned: true),
        figure(cell.securityLoss.mean, isSigned: true),
        figure(cell.controlLoss?.mean, isSigned: true), figure(cell.relativeChange),
      ])
    }
    return table
  }
}
