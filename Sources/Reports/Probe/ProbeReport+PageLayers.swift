import Probes

extension ProbeReport {
  /// Most curves in one chart; more could not be told apart.
  private static let curveLimit = 6
  /// Most rows of the table of all cells; more would make the page slow.
  private static let cellLimit = 2000

  /// Charts of each site: a curve over the layers, and a map where there are several positions.
  func layerBlocks(_ name: String) -> [PageBlock] {
    let sites = Dictionary(grouping: analysis.cells, by: \.cell.site)
    return sites.keys.sorted().flatMap { site -> [PageBlock] in
      let cells = sites[site] ?? []
      let layers = Set(cells.compactMap(\.cell.layer))
      let positions = Set(cells.map(\.cell.position))
      var blocks: [PageBlock] = []
      if sites.count > 1 { blocks.append(.heading(site)) }
      if layers.count > 1 {
        let curves = curves(of: cells)
        blocks.append(
          .charts([
            .layerCurve(
              name: "layer-curve-\(name)-\(site.asSlug)", of: site, curves, guides: guides)
          ]))
        if positions.count > curves.count {
          blocks.append(
            .note(
              """
              The curves are of the \(curves.count) positions with the largest areas, of \
              \(positions.count).
              """))
        }
      }
      if layers.count > 1, positions.count > 1 {
        blocks.append(
          .charts([.heatMap(name: name, site: site, cells, reference: analysis.controls.reference)])
        )
      }
      if layers.count < 2 {
        blocks.append(.paragraph("One layer only; its figures are under all cells."))
      }
      return blocks
    }
  }

  /// The curve of the reference cell's site and position, for a chart of several results.
  func referenceCurve(series: String) -> LayerCurve {
    let reference = analysis.controls.reference
    return curve(
      series: series,
      analysis.cells.filter {
        $0.cell.site == reference.site && $0.cell.position == reference.position
      })
  }

  private func curves(of cells: [CellResult]) -> [LayerCurve] {
    let byPosition = Dictionary(
      grouping: cells.filter { $0.cell.layer != nil }, by: \.cell.position)
    let best = byPosition.mapValues { cells in
      cells.compactMap(\.logistic.auroc?.value).max() ?? 0
    }
    return best.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }.prefix(Self.curveLimit)
      .map(\.key).sorted(by: PositionOrder.areInOrder)
      .map { curve(series: $0, byPosition[$0] ?? []) }
  }

  private func curve(series: String, _ cells: [CellResult]) -> LayerCurve {
    LayerCurve(
      series: series,
      points: cells.compactMap { result in
        result.cell.layer.map {
          LayerCurve.Point(
            layer: $0, auroc: result.logistic.auroc, inner: result.logistic.innerAuroc)
        }
      }.sorted { $0.layer < $1.layer })
  }

  /// Predictors that see the text alone, as lines across a chart.
  private var guides: [Guide] {
    analysis.baselines.compactMap { result in
      result.figures.finding?.auroc.map { Guide(name: result.baseline.words, auroc: $0.value) }
    }
  }

  /// The best predictor that sees the text alone.
  var bestGuide: Guide? { guides.first { $0.name == analysis.bestBaseline.words } }

  /// Every place, sortable.
  var allCellsTable: PageTable {
    var table = PageTable(
      "Every cell; choose a column to sort by",
      [
        .text("site"), .number("layer"), .text("position"), .number("AUROC (95 %)"),
        .number("gain (95 %)"), .number("balanced accuracy"), .number("mass-mean"),
        .number("LDA"), .number("C"),
      ], isSortable: true)
    for result in analysis.cells.prefix(Self.cellLimit) {
      let (cell, logistic) = (result.cell, result.logistic)
      table.add([
        PageTable.Cell(cell.site),
        PageTable.Cell(layerText(cell.layer), key: Double(cell.layer ?? -1)),
        PageTable.Cell(cell.position),
        PageTable.Cell(figureAndInterval(logistic.auroc), key: logistic.auroc?.value),
        PageTable.Cell(
          figureAndInterval(logistic.gain, isSigned: true), key: logistic.gain?.value),
        .figure(logistic.balancedAccuracy?.value), .figure(result.massMean.auroc?.value),
        .figure(result.lda.auroc?.value),
        PageTable.Cell(penaltyText(result.finalPenalty), key: result.finalPenalty),
      ])
    }
    return table
  }

  /// What to keep in mind about the table of all cells.
  var cellNotes: [PageBlock] {
    let count = analysis.cells.count
    let cut =
      count > Self.cellLimit
      ? " The \(Self.cellLimit) with the largest gain of \(count); all are in result.json." : ""
    return [
      .note(
        """
        Logistic regression unless said otherwise; mass-mean and LDA by AUROC. The first of \
        \(counted(count, "cell")) is the luckiest as well as the best; the headline pays for that \
        choice, this table does not.\(cut)
        """)
    ]
  }
}

extension PageTable.Cell {
  /// A figure with three decimals, sorted by its value.
  static func figure(_ value: Double?) -> PageTable.Cell {
    PageTable.Cell(Reports.figure(value), key: value)
  }
}
