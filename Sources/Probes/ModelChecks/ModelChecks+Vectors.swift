import Inference
public import Kernels
import Tokenization

extension ModelChecks {
  /// Token embeddings of each prompt's user text, averaged: what a probe can read before any layer.
  ///
  /// No layer is computed.
  ///
  /// - Returns: `[prompt, d_model]`; nil where a prompt has no token of the user's.
  /// - Throws: `ModelFileError` where an embedding cannot be read.
  public func embeddingMeans() throws -> [Float]? {
    guard prompts.indices.allSatisfy({ tokens[$0].roles.contains(.user) }) else { return nil }
    return try vectors(of: decoder, at: HookSite(.embed), position: .user)
  }

  /// The vectors that an untrained model of the same shape has where a probe reads.
  ///
  /// Half a pass or less: nothing beyond the cell's layer is computed.
  ///
  /// - Parameters:
  ///   - cell: the place.
  ///   - precision: the precision of products with weights, as in the store.
  /// - Returns: `[prompt, width]`.
  /// - Throws: `ProbeError.noSuchPlace` where the model has no such place.
  public func untrainedVectors(at cell: ProbeCell, precision: Precision) throws -> [Float] {
    let site = try HookSite(cell, in: decoder.description)
    let untrained = try Decoder(
      untrained: decoder.description, seed: seed, includingHead: site.kind == .logits,
      precision: precision,
      keptLayers: LayerMajorPass.layerCount(for: [site], in: decoder.description), threads: threads)
    return try vectors(of: untrained, at: site, position: PositionSelector(cell.position))
  }

  /// The mean of a site's rows over the positions that a selector has in each prompt.
  ///
  /// - Returns: `[prompt, width]`, means summed in double precision from the first position to the last.
  func vectors(
    of decoder: Decoder, at site: HookSite, position: PositionSelector
  ) throws -> [Float] {
    let positions = try tokens.map { try position.positions(in: $0) }
    let batches = PromptBatch.batches(
      tokens, lengths: positions.map { ($0.last ?? 0) + 1 }, for: decoder)
    let pass = LayerMajorPass(decoder, sites: [site], threads: threads)
    guard let width = site.kind.width(in: decoder.description) else {
      preconditionFailure("\(site.name) has no width")
    }
    var vectors: [Float] = []
    vectors.reserveCapacity(tokens.count * width)
    for batch in batches {
      let rows = SharedRows(count: batch.layout.rowCount, width: width)
      let wanted = batch.prompts.map { prompt in
        positions[prompt].map {
          batch.layout.row(ofSequence: prompt - batch.prompts.lowerBound, position: $0)
        }
      }
      let hooks = PassHooks { [RowReader(site, rows: $0) { rows.set($0, to: $1) }] }
      _ = try pass.run(batch.layout, wanted: Set(wanted.joined()).sorted(), observer: hooks)
      for places in wanted { vectors += rows.mean(of: places) }
    }
    return vectors
  }
}

extension HookSite {
  /// The site of a probe's place.
  init(_ cell: ProbeCell, in description: DecoderDescription) throws(ProbeError) {
    guard let kind = SiteKind(rawValue: cell.site), kind.isStorable,
      kind.isPerLayer == (cell.layer != nil),
      (0..<description.layerCount).contains(cell.layer ?? 0),
      kind.width(in: description) == cell.width
    else { throw .noSuchPlace(path: "the report", cell: cell.name) }
    self.init(kind, layer: cell.layer)
  }
}

extension SharedRows {
  /// The mean of some rows.
  fileprivate func mean(of places: [Int]) -> [Float] {
    var sums = [Double](repeating: 0, count: width)
    for place in places {
      let values = self[rows: place..<place + 1]
      for column in sums.indices { sums[column] += Double(values[column]) }
    }
    return sums.map { Float($0 / Double(places.count)) }
  }
}
