import Probes

extension ConditionalSteering {
  /// What the gate and the steering do, as prose.
  var sentences: [String] {
    let test = signTest
    return [
      """
      The gate tells harmful from harmless prompts that took no part with an AUROC of \
      \(figureAndInterval(gateAUROC)); at the threshold set for \(percent(options.falseAlarms)) false alarms \
      it takes \(percent(found)) of the harmful and \(percent(falseAlarms)) of the harmless ones for harmful.
      """,
      """
      Sign test: steered towards refusal at \(figure(test.strength)) median norms, R rises in \
      \(test.rising) of \(test.prompts) harmless prompts (p = \(chance(test.chance))), by \
      \(figureAndInterval(test.change, isSigned: true)) on average.
      """,
    ]
  }

  /// How it was measured.
  var method: String {
    """
    Conditional steering (SCANS, arXiv 2408.11491): layers \(steeredLayers[0]) to \(steeredLayers[1]) are moved \
    along unit differences of class means of \(anchorPositives) harmful and \(anchorNegatives) harmless \
    prompts, from the end of the instruction on; towards refusal where the gate, which compares layers \
    \(gateLayers[0]) to \(gateLayers[1]) before and behind a token of consent, takes a prompt for harmful, \
    away from it elsewhere. A strength of 1 is the median norm of the layer's stream.
    """
  }

  /// What becomes of prompts, before and after.
  var table: ReportTable {
    var table = ReportTable(
      "Prompts that the model would refuse (R above 0), before and after",
      [
        .number("strength"), .number("harmful: before"), .number("after"), .number("change of R"),
        .number("harmless: before"), .number("after"), .number("change of R"),
        .number("KL of replies"),
      ])
    for outcome in strengths {
      func cells(_ cells: RefusedCells) -> [String] {
        [
          "\(cells.refusedBefore) of \(cells.prompts)", "\(cells.refusedAfter)",
          figureAndInterval(cells.change, isSigned: true),
        ]
      }
      table.add(
        [figure(outcome.strength)] + cells(outcome.positives) + cells(outcome.negatives)
          + [figure(outcome.replies?.divergence.value)])
    }
    return table
  }
}
