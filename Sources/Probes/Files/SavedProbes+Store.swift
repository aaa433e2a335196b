public import Activations

extension SavedProbes {
  /// Scores every prompt of a store by one probe: above zero means class 1.
  ///
  /// Refuses a store of another model, adapter or chat template. A prompt without the probe's
  /// position, or with values that are not finite, has no score.
  public func scores(
    of probe: SavedProbe, in store: ActivationStore
  ) throws -> [Double?] {
    try demand(
      model: store.identity.modelDigest, adapter: store.identity.adapterDigest,
      template: store.identity.templateDigest)
    guard
      let dataset = store.datasets.first(where: {
        ($0.site, $0.layer) == (probe.cell.site, probe.cell.layer)
      })
    else {
      throw ProbeError.placeNotCaptured(path: store.path, cell: probe.cell.name)
    }
    let place = ProbeCell(
      site: dataset.site, layer: dataset.layer, position: probe.cell.position,
      width: dataset.width)
    let statuses = try store.status()
    let whole = (0..<store.prompts.count).filter { statuses[$0] == .whole }
    let positions = CapturedPositions(store, prompts: whole)
    let having = positions.prompts(having: place.position)
    guard !having.isEmpty else {
      throw ProbeError.placeNotCaptured(path: store.path, cell: probe.cell.name)
    }
    let found = try probe.scores(positions.vectors(store, place), capturedAt: place)
    var scores = [Double?](repeating: nil, count: store.prompts.count)
    for (prompt, score) in zip(having, found) { scores[prompt] = score }
    return scores
  }
}
