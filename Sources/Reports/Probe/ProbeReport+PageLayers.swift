import Probes

extension ProbeReport {
  /// Charts over the layers and positions.
  var layers: LayerCharts {
    LayerCharts(
      measure: .auroc, probe: "logistic regression",
      cells: analysis.cells.map { result in
        PlacedFigure(
          cell: result.cell, estimate: result.logistic.auroc, gain: result.logistic.gain,
          inner: result.logistic.innerAuroc)
      },
      guides: analysis.baselines.compactMap { result in
        result.figures.finding?.auroc.map {
          Guide(name: result.baseline.words, value: $0.value)
        }
      }, reference: analysis.controls.reference)
  }

  /// Every place, sortable.
  var allCellsTable: PageTable {
    .ofCells(
      analysis.cells, at: \.cell,
      [
        .number("AUROC (95 %)"), .number("gain (95 %)"), .number("balanced accuracy"),
        .number("mass-mean"), .number("LDA"), .number("C"),
      ]
    ) { result in
      [
        .estimate(result.logistic.auroc), .estimate(result.logistic.gain, isSigned: true),
        .figure(result.logistic.balancedAccuracy?.value), .figure(result.massMean.auroc?.value),
        .figure(result.lda.auroc?.value),
        PageTable.Cell(penaltyText(result.finalPenalty), key: result.finalPenalty),
      ]
    }
  }

  /// What to keep in mind about the table of all cells.
  var cellNotes: [PageBlock] {
    [
      .note(
        """
        Logistic regression unless said otherwise; mass-mean and LDA by AUROC. \
        \(PageTable.noteOfCells(count: analysis.cells.count))
        """)
    ]
  }
}
