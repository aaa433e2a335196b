public import Inference

extension ProbeKind {
  /// What the length of a probe's weights means.
  var unitOfWeight: TypedVector.Unit {
    switch self {
    case .logistic, .lda: .logOdds
    case .massMean: .activation
    }
  }

  /// What a score is counted in.
  var unitOfScore: String {
    switch self {
    case .logistic, .lda: "log-odds of label_1"
    case .massMean: "squared units of the activation"
    }
  }
}

extension ProbeCell {
  /// The site of the place; nil where no model has a hook of that name.
  public var hookSite: HookSite? {
    guard let kind = SiteKind(rawValue: site), kind.isPerLayer == (layer != nil) else { return nil }
    return HookSite(kind, layer: layer)
  }
}

extension SavedProbes {
  /// The weights of a probe as a vector to steer with.
  ///
  /// A mass-mean probe's are the difference of the class means, a step in the site's own unit; any other's
  /// have a direction, but no such length.
  ///
  /// - Parameters:
  ///   - probe: one of the file's.
  ///   - operation: what the vector will be for.
  ///   - scale: what the weights are multiplied with.
  /// - Returns: the vector.
  /// - Throws: `ProbeError.noSteering` where the probe's place is none that can be steered.
  public func vector(
    of probe: SavedProbe, for operation: TypedVector.Operation, scale: Double = 1
  ) throws(ProbeError) -> TypedVector {
    guard let site = probe.cell.hookSite else {
      throw .noSteering(path: path, cell: probe.name)
    }
    let values = probe.probe.weights.map { Float(scale * $0) }
    guard values.contains(where: { $0 != 0 }), values.allSatisfy(\.isFinite) else {
      throw .noDirection(path: path, cell: probe.name)
    }
    return TypedVector(
      values,
      TypedVector.Meaning(
        operation: operation, site: site, position: probe.cell.position,
        positive: origin.meaningOfOne,
        negative: origin.meaningOfZero, unit: probe.kind.unitOfWeight, source: probe.name),
      in: TypedVector.Space(
        model: origin.modelDigest, adapter: origin.adapterDigest,
        template: origin.templateDigest, tokenizer: origin.tokenizerDigest))
  }
}
