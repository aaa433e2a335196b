import Probes

/// A place and how well the label is read there.
struct PlacedFigure: Sendable {
  /// The place.
  let cell: ProbeCell
  /// The figure on held-out folds.
  let estimate: Estimate?
  /// The figure above that of the best predictor that sees the text alone.
  let gain: Estimate?
  /// The figure on the inner folds, where it is known.
  let inner: Double?
}

/// Charts over the layers and positions of one result.
struct LayerCharts: Sendable {
  /// What is measured.
  let measure: Measure
  /// What was fitted, such as `logistic regression`.
  let probe: String
  /// Every place.
  let cells: [PlacedFigure]
  /// Predictors that see the text alone.
  let guides: [Guide]
  /// The place that the headline chose most often; nil without a headline.
  let reference: ProbeCell?

  /// Most curves in one chart; more could not be told apart.
  private static let curveLimit = 6

  /// Charts of each site: a curve over the layers, and a map where there are several positions.
  func blocks(_ name: String) -> [PageBlock] {
    let sites = Dictionary(grouping: cells, by: \.cell.site)
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
              name: "layer-curve-\(name)-\(site.asSlug)", of: site, measure: measure, curves,
              guides: guides)
          ]))
        if positions.count > curves.count {
          blocks.append(
            .note(
              """
              The curves are of the \(curves.count) positions with the largest \(measure.words), of \
              \(positions.count).
              """))
        }
      }
      if layers.count > 1, positions.count > 1 {
        blocks.append(
          .charts([
            .heatMap(
              name: name, site: site, measure: measure, of: probe, cells, reference: reference)
          ]))
      }
      if layers.count < 2 {
        blocks.append(.paragraph("One layer only; its figures are under all cells."))
      }
      return blocks
    }
  }

  /// The curve of the reference's site and position, or of the first cell's, for a chart of several
  /// results.
  func referenceCurve(series: String) -> LayerCurve {
    let reference = reference ?? cells.first?.cell
    return curve(
      series: series,
      cells.filter {
        $0.cell.site == reference?.site && $0.cell.position == reference?.position
      })
  }

  private func curves(of cells: [PlacedFigure]) -> [LayerCurve] {
    let byPosition = Dictionary(
      grouping: cells.filter { $0.cell.layer != nil }, by: \.cell.position)
    let best = byPosition.mapValues { cells in
      cells.compactMap(\.estimate?.value).max() ?? -.infinity
    }
    return best.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }.prefix(Self.curveLimit)
      .map(\.key).sorted(by: PositionOrder.areInOrder)
      .map { curve(series: $0, byPosition[$0] ?? []) }
  }

  private func curve(series: String, _ cells: [PlacedFigure]) -> LayerCurve {
    LayerCurve(
      series: series,
      points: cells.compactMap { result in
        result.cell.layer.map {
          LayerCurve.Point(layer: $0, estimate: result.estimate, inner: result.inner)
        }
      }.sorted { $0.layer < $1.layer })
  }
}
