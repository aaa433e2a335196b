import ModelFiles

/// Probes as they are kept in a file: to be applied to new vectors of the same model and place.
public struct SavedProbes: Sendable, Equatable {
  /// Where the file was read from.
  public let path: String
  /// What the probes were fitted on.
  public let origin: ProbeOrigin
  /// The probes, by name.
  public let probes: [SavedProbe]

  /// The probe of a name such as `resid_post.layer_05.last`.
  public func probe(_ name: String) throws(ProbeError) -> SavedProbe {
    guard let probe = probes.first(where: { $0.name == name }) else {
      throw .noSuchProbe(path: path, cell: name, has: probes.map(\.name))
    }
    return probe
  }

  /// The probe with the largest area under the ROC curve out of fold; of equals, the first by name.
  ///
  /// Chosen after looking, so that figure is optimistic; the report's headline is not.
  public var best: SavedProbe {
    get throws(ProbeError) { try best(among: ProbeKind.allCases) }
  }

  /// The same among probes of some kinds whose places fit.
  public func best(
    among kinds: [ProbeKind], where fits: (ProbeCell) -> Bool = { _ in true }
  ) throws(ProbeError) -> SavedProbe {
    let candidates = probes.filter { kinds.contains($0.kind) && fits($0.cell) }
    guard
      let best = candidates.min(by: {
        ($1.outOfFoldAuroc ?? 0, $0.name) < ($0.outOfFoldAuroc ?? 0, $1.name)
      })
    else {
      let names = kinds.map(\.rawValue).joined(separator: " or ")
      throw .probeFile(path: path, problem: "it holds no \(names) probe that could be taken")
    }
    return best
  }

  /// Refuses vectors of another model, adapter or chat template.
  ///
  /// A direction in one model's space says nothing about another's, and another template moves the
  /// position that a probe reads.
  public func demand(
    model: String, adapter: String?, template: String?
  ) throws(ProbeError) {
    let fields = [
      ("model", Optional(origin.modelDigest), Optional(model)),
      ("adapter", origin.adapterDigest, adapter),
      ("chat template", origin.templateDigest, template),
    ]
    for (what, fitted, given) in fields where fitted != given {
      throw .mismatch(
        path: path, what: what, found: ByteString(fitted ?? "none"),
        expected: ByteString(given ?? "none"))
    }
  }
}

/// One probe of a file.
public struct SavedProbe: Sendable, Equatable {
  /// The file it was read from, for messages.
  public let path: String
  /// The place it reads.
  public let cell: ProbeCell
  /// How it was fitted.
  public let kind: ProbeKind
  /// The classifier, on vectors as they are captured.
  public let probe: LinearProbe
  /// Area under the ROC curve of probes of its kind on held-out folds.
  public let outOfFoldAuroc: Double?
  /// The penalty it was fitted with, as scikit-learn's `C`.
  public let penalty: Double?

  /// The name its tensors start with.
  public var name: String { Self.name(cell, kind) }

  static func name(_ cell: ProbeCell, _ kind: ProbeKind) -> String {
    switch kind {
    case .logistic: cell.name
    case .massMean, .lda: "\(cell.name).\(kind.rawValue)"
    }
  }

  /// Scores vectors `[row, width]` that were captured at a place: above zero means class 1.
  public func scores(
    _ vectors: [Float], capturedAt place: ProbeCell
  ) throws(ProbeError) -> [Double] {
    guard (place.site, place.layer, place.position) == (cell.site, cell.layer, cell.position)
    else {
      throw .mismatch(
        path: path, what: "place", found: ByteString(cell.name), expected: ByteString(place.name))
    }
    guard place.width == cell.width else {
      throw .width(cell: cell.name, found: place.width, expected: cell.width)
    }
    precondition(
      vectors.count % cell.width == 0, "\(vectors.count) values in rows of \(cell.width)")
    return stride(from: 0, to: vectors.count, by: cell.width).map {
      probe.score(vectors[$0..<$0 + cell.width])
    }
  }
}
