import Probes

extension ProbeReport {
  /// Predictors that see the text alone.
  var baselineBlocks: [PageBlock] {
    var table = PageTable(
      "Predictors that see the text alone, and the probe's gain over the best of them",
      [
        .text("predictor"), .number("AUROC (95 %)"), .number("folds"),
        .number("balanced accuracy (95 %)"),
      ])
    var missing: [PageBlock] = []
    for result in analysis.baselines {
      switch result.figures {
      case .notRun(let reason):
        missing.append(.notRun(what: result.baseline.words, needs: reason.words))
      case .done(let figures):
        table.add([
          PageTable.Cell(
            result.baseline.words + (result.baseline == analysis.bestBaseline ? " (best)" : "")),
          PageTable.Cell(figureAndInterval(figures.auroc)),
          PageTable.Cell(range(figures.foldAurocs)),
          PageTable.Cell(figureAndInterval(figures.balancedAccuracy)),
        ])
      }
    }
    if let figures = analysis.headline?.figures {
      table.add([
        "the headline's probe", PageTable.Cell(figureAndInterval(figures.auroc)),
        PageTable.Cell(range(figures.foldAurocs)),
        PageTable.Cell(figureAndInterval(figures.balancedAccuracy)),
      ])
    }
    let gain = analysis.headline?.figures.gain.map { gain in
      PageBlock.paragraph(
        """
        Gain of the headline over \(analysis.bestBaseline.words), paired: \
        \(figureAndInterval(gain, isSigned: true)).
        """)
    }
    return [.table(table)] + [gain].compactMap { $0 } + missing
  }

  /// The headline's scores compared only between prompts that share something.
  var matchedBlocks: [PageBlock] {
    var table = PageTable(
      "The headline's scores, compared only between prompts that share something",
      [
        .text("shared"), .number("pairs"), .number("AUROC (95 %)"),
        .number("best of the text alone (95 %)"), .number("gain (95 %)"),
      ])
    var missing: [PageBlock] = []
    var hasRows = false
    for comparison in analysis.controls.matched {
      switch comparison.figures {
      case .notRun(let reason):
        missing.append(.notRun(what: "same \(comparison.matching.words)", needs: reason.words))
      case .done(let figures):
        hasRows = true
        table.add([
          PageTable.Cell(comparison.matching.words), PageTable.Cell("\(figures.pairs)"),
          PageTable.Cell(figureAndInterval(figures.auroc)),
          PageTable.Cell(figureAndInterval(figures.baseline)),
          PageTable.Cell(figureAndInterval(figures.gain, isSigned: true)),
        ])
      }
    }
    return (hasRows ? [.table(table)] : []) + missing
  }

  /// Calibration, thresholds and the folds' agreement.
  func qualityBlocks(_ name: String) -> [PageBlock] {
    var blocks: [PageBlock] = []
    if let headline = analysis.headline {
      let quality = headline.quality
      blocks = [
        .charts([
          .reliability(quality.calibration, name: name),
          .roc(quality, area: headline.figures.auroc, name: name),
        ]),
        .fields([
          ("Brier score", figureAndInterval(quality.brier)),
          ("log loss", figureAndInterval(quality.logLoss)),
          ("calibration error", figure(quality.calibration.expectedError)),
          ("without binning bias", figure(quality.calibration.debiasedError)),
          (
            "slope and intercept",
            "\(figure(quality.calibration.slope)), \(figure(quality.calibration.intercept, isSigned: true))"
          ),
        ]),
      ]
    } else {
      blocks = [.notRun(what: "Calibration and thresholds", needs: NotRun.needsHeadline.words)]
    }
    let stability = analysis.controls.stability
    return blocks + [
      .heading("Stability of the direction"),
      .fields([
        ("cosines between folds", range(stability.cosines)),
        ("signs that agree", percent(stability.signAgreement)),
      ]),
    ]
  }

  /// Trained on one source, tested on another.
  func transferBlocks(_ name: String) -> [PageBlock] {
    switch analysis.controls.transfer {
    case .done(let matrix): [.charts([.transfer(matrix, name: name)])]
    case .notRun(let reason): [.notRun(what: "Transfer", needs: reason.words)]
    }
  }

  /// The rows that ask the model: its refusal log-odds, an untrained twin, interventions.
  func modelBlocks(_ name: String) -> [PageBlock] {
    let controls = analysis.controls
    var table = PageTable(
      "The model asked instead of probed, and a model that never learned",
      [.text("predictor"), .number("AUROC (95 %)"), .number("the probe's gain (95 %)")])
    var missing: [PageBlock] = []
    var hasRows = false
    switch controls.refusal {
    case .notRun(let reason):
      missing.append(.notRun(what: "The model's own refusal log-odds", needs: reason.words))
    case .done(let row):
      hasRows = true
      table.add([
        "the model's own refusal log-odds", PageTable.Cell(figureAndInterval(row.figures.auroc)),
        PageTable.Cell(figureAndInterval(row.gain, isSigned: true)),
      ])
    }
    switch controls.untrainedTwin {
    case .notRun(let reason): missing.append(.notRun(what: "Untrained twin", needs: reason.words))
    case .done(let figures):
      hasRows = true
      table.add([
        "untrained twin", PageTable.Cell(figureAndInterval(figures.figures.auroc)),
        PageTable.Cell(figureAndInterval(figures.gain, isSigned: true)),
      ])
    }
    var blocks: [PageBlock] = hasRows ? [.table(table)] : []
    if let opening = controls.refusal.finding?.opening { blocks.append(.note(opening.sentence)) }
    switch controls.causal {
    case .notRun(let reason):
      missing.append(.notRun(what: "Ablating and adding the direction", needs: reason.words))
    case .done(let row):
      blocks.append(
        .charts([
          .causal(row, classes: [origin.meaningOfZero, origin.meaningOfOne], name: name)
        ]))
    }
    return blocks + missing
  }

  /// Probes of other kinds, each beside its linear twin.
  var kindBlocks: [PageBlock] {
    var table = PageTable(
      "Probes of other kinds at the reference cell, each beside its linear twin",
      [
        .text("kind"), .number("AUROC (95 %)"), .number("linear twin (95 %)"),
        .number("gain (95 %)"), .text("how to read it"),
      ])
    var missing: [PageBlock] = []
    var hasRows = false
    for comparison in analysis.controls.otherKinds {
      switch comparison.figures {
      case .notRun(let reason):
        missing.append(.notRun(what: comparison.kind.words, needs: reason.words))
      case .done(let figures):
        hasRows = true
        table.add([
          PageTable.Cell(comparison.kind.words), PageTable.Cell(figureAndInterval(figures.auroc)),
          PageTable.Cell(figureAndInterval(figures.twin)),
          PageTable.Cell(figureAndInterval(figures.gain, isSigned: true)),
          PageTable.Cell(comparison.kind.reading),
        ])
      }
    }
    return (hasRows ? [.table(table)] : []) + missing
  }

  /// What was chosen for each held-out fold.
  var choiceBlocks: [PageBlock] {
    guard let headline = analysis.headline else {
      return [.paragraph("Nothing was chosen, since there is no headline.")]
    }
    var table = PageTable(
      "What was chosen without each held-out fold, and what it reached there",
      [
        .text("held-out fold"), .number("prompts"), .number("groups"), .text("cell"),
        .text("kind"), .number("inner AUROC"), .number("held-out AUROC"),
      ])
    for (fold, choice) in headline.choices.enumerated() {
      let counts = analysis.sample.folds[fold]
      table.add([
        PageTable.Cell("\(fold + 1)"), PageTable.Cell("\(counts.rows)"),
        PageTable.Cell("\(counts.groups)"), PageTable.Cell(choice.cell),
        PageTable.Cell(choice.kind.words), .figure(choice.innerAuroc),
        .figure(headline.figures.foldAurocs[fold]),
      ])
    }
    return [
      .table(table),
      .note(
        """
        The inner AUROC is what the choice was made by, the best of \
        \(ProbeKind.allCases.count * analysis.cells.count) candidates and so optimistic; the held-out \
        AUROC is what the headline rests on.
        """),
    ]
  }
}
