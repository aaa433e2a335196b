import Tuning

extension TunedRun {
  /// The run as a page; the name tells apart the charts of several results on one page.
  func page(of name: String) -> ReportPage {
    ReportPage(
      kind: "Tuning report", title: subject, lead: lead,
      opening: [.verdict(verdict), .figures(keyFigures)],
      sections: [
        PageSection("Loss", anchor: "loss", lossBlocks(name)),
        PageSection("Learning rates", anchor: "rates", rateBlocks(name)),
        PageSection("What the strategy did", anchor: "strategy", strategyBlocks(name)),
        PageSection("How far the weights moved", anchor: "updates", updateBlocks(name)),
        PageSection("Choices", anchor: "choices", [.fields(fields)]),
        PageSection("Provenance", anchor: "provenance", [.fields(provenance)]),
      ], colophon: "Plumbline \(report.toolVersion).")
  }

  private var verdict: PageVerdict {
    PageVerdict(
      tone: fault != nil ? .refuted : report.outcome.stoppedEarly ? .open : .holds, word: ending,
      sentence: claim, findings: findings.map { .init(refutes: false, sentence: $0) })
  }

  private var keyFigures: [KeyFigure] {
    var figures: [KeyFigure] = []
    if let first = report.outcome.evaluations.first, let last = finalEvaluation {
      figures.append(
        KeyFigure(
          name: "held-out loss", value: figure(last.loss), detail: "before: \(figure(first.loss))"))
    }
    if let loss = trainingLoss {
      figures.append(
        KeyFigure(
          name: "training loss", value: figure(loss.last), detail: "at first: \(figure(loss.first))"
        ))
    }
    figures.append(
      KeyFigure(
        name: "steps", value: "\(report.outcome.steps)",
        detail: """
          \(counted(report.outcome.epochs, "epoch")), \(report.outcome.tokens) tokens
          """))
    if let pace {
      figures.append(
        KeyFigure(
          name: "seconds per step", value: amount(pace.secondsPerStep),
          detail: "\(amount(pace.tokensPerSecond)) tokens per second"))
    }
    figures.append(
      KeyFigure(
        name: "values that trained", value: "\(report.trainedParameters)",
        detail: "in \(counted(report.outcome.groups.reduce(0) { $0 &+ $1.tensors }, "tensor"))"))
    return figures
  }

  private func lossBlocks(_ name: String) -> [PageBlock] {
    guard let chart = lossChart(name) else { return [missingLog] }
    return [.charts([chart])] + (pace.map { [.note($0.sentence)] } ?? [])
  }

  private func lossChart(_ name: String) -> Chart? {
    let curves = lossCurves
    guard !curves.isEmpty else { return nil }
    let heldOut =
      report.heldOut.examples > 0
      ? """
       Held-out loss is a mean over \(counted(report.heldOut.targets, "token")) of \
      \(counted(report.heldOut.examples, "example")); one run of one seed has no interval.
      """ : ""
    return .stepCurve(
      name: "loss-\(name)", title: "Loss over the steps",
      caption: "Mean loss of the tokens that carry it.\(heldOut)", measure: "loss (nats)", curves)
  }

  private var missingLog: PageBlock {
    .notRun(what: "Curves over the steps", needs: "needs \(TuningLog.fileName) beside the result")
  }

  private func rateBlocks(_ name: String) -> [PageBlock] {
    var table = PageTable(
      "Tensors of one rate",
      Self.groupTitles.enumerated().map { $0 < 2 ? .text($1) : .number($1) })
    for row in groupRows { table.add(row.map { PageTable.Cell($0) }) }
    let curves = rateCurves
    let charts: [PageBlock] =
      curves.isEmpty
      ? []
      : [
        .charts([
          .stepCurve(
            name: "rates-\(name)", title: "Learning rate over the steps",
            caption: "The rate that each group of tensors was given.", measure: "learning rate",
            curves)
        ])
      ]
    return charts + [
      .table(table), .note("Rates of the table are those before warm-up and schedule."),
    ]
  }

  private func strategyBlocks(_ name: String) -> [PageBlock] {
    var blocks: [PageBlock] = [.paragraph(words.sentence)]
    blocks += counterCharts.map { chart, curves in
      .charts([
        .stepCurve(
          name: "\(chart.name)-\(name)", title: chart.title, caption: chart.caption,
          measure: chart.measure, curves)
      ])
    }
    let rows = counterRows
    if !rows.isEmpty {
      var table = PageTable(
        "Figures of the strategy over the steps",
        Self.counterTitles.enumerated().map { $0 == 0 ? .text($1) : .number($1) })
      for row in rows { table.add(row.map { PageTable.Cell($0) }) }
      blocks.append(.table(table))
    }
    return blocks
  }

  private func updateBlocks(_ name: String) -> [PageBlock] {
    guard !report.updates.isEmpty else {
      return [.notRun(what: "Norms of the updates", needs: "no weights were written")]
    }
    var table = PageTable(
      "Every weight; choose a column to sort by",
      [
        .text("module"), .number("layer"), .number("‖ΔW‖"), .number("‖W‖"),
        .number("‖ΔW‖ / ‖W‖"),
      ], isSortable: true)
    for update in sortedUpdates {
      table.add([
        PageTable.Cell(update.kind),
        PageTable.Cell(layerText(update.layer), key: Double(update.layer ?? -1)),
        PageTable.Cell(amount(update.updateNorm), key: update.updateNorm),
        PageTable.Cell(amount(update.weightNorm), key: update.weightNorm),
        PageTable.Cell(update.relative.map(percent) ?? "–", key: update.relative),
      ])
    }
    return [.charts([.moduleMap(self, name: name)]), .table(table)]
  }
}
