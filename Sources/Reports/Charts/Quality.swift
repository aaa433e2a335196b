import ModelFiles
import Probes

extension Chart {
  /// Stated chances against what came true.
  static func reliability(_ calibration: Calibration, name: String) -> Chart {
    var table = PageTable(
      "Stated chances and what came true",
      [.number("prompts"), .number("stated"), .number("came true"), .number("95 %")])
    for bin in calibration.bins {
      table.add([
        PageTable.Cell("\(bin.rows)"), PageTable.Cell(figure(bin.stated)),
        PageTable.Cell(figure(bin.observed)),
        PageTable.Cell("\(figure(bin.low))–\(figure(bin.high))"),
      ])
    }
    let rows: [JSONValue] = calibration.bins.map { bin in
      [
        "rows": .number(bin.rows), "stated": .number(bin.stated),
        "observed": .number(bin.observed), "low": .number(bin.low), "high": .number(bin.high),
      ]
    }
    return Chart(
      name: "reliability-\(name)", title: "Reliability",
      caption: """
        Each point is a bin of equal size, with its 95 % Wilson interval; chances that are true lie on \
        the dotted line.
        """,
      summary: """
        Reliability curve of \(counted(calibration.bins.count, "bin")). Root mean square error \
        \(figure(calibration.debiasedError)), slope \(figure(calibration.slope)), intercept \
        \(figure(calibration.intercept, isSigned: true)).
        """, data: table, form: .reliability, datasets: [("bins", rows)])
  }

  /// True against false positives, with the thresholds that were set in training.
  static func roc(_ quality: HeadlineQuality, area: Estimate?, name: String) -> Chart {
    var table = PageTable(
      "Thresholds and the curve's points",
      [.text("point"), .number("false positive rate"), .number("true positive rate")])
    for point in quality.operatingPoints {
      table.add([
        PageTable.Cell("set for \(percent(point.target))"),
        PageTable.Cell(figureAndInterval(point.falsePositiveRate)),
        PageTable.Cell(figureAndInterval(point.truePositiveRate)),
      ])
    }
    for point in quality.roc.thinned(to: 60) {
      table.add([
        "curve", PageTable.Cell(figure(point.falsePositiveRate)),
        PageTable.Cell(figure(point.truePositiveRate)),
      ])
    }
    let points: [JSONValue] = quality.operatingPoints.map { point in
      [
        "label": .string("set for \(percent(point.target))"),
        "fpr": .number(point.falsePositiveRate.value), "tpr": .number(point.truePositiveRate.value),
        "low": .number(point.truePositiveRate.low), "high": .number(point.truePositiveRate.high),
      ]
    }
    let curve: [JSONValue] = quality.roc.thinned(to: 600).map { point in
      ["fpr": .number(point.falsePositiveRate), "tpr": .number(point.truePositiveRate)]
    }
    let found = quality.operatingPoints.map { point in
      """
      at a threshold set for \(percent(point.target)) false positives, \
      \(figure(point.truePositiveRate.value)) true positives
      """
    }
    return Chart(
      name: "roc-\(name)", title: "Receiver operating characteristic",
      caption: """
        The folds' curves, averaged by their pairs. Points: thresholds set in training for a rate of \
        false positives, and what they gave on held-out folds.
        """,
      summary: "ROC curve with area \(figureAndInterval(area)); \(found.joined(separator: "; ")).",
      data: table, form: .roc, datasets: [("curve", curve), ("points", points)])
  }
}

extension Array {
  /// At most so many elements, evenly chosen, the first and the last among them.
  func thinned(to limit: Int) -> [Element] {
    guard count > limit, limit > 1 else { return self }
    return (0..<limit).map { self[$0 * (count - 1) / (limit - 1)] }
  }
}
