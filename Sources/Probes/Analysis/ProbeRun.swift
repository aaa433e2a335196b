/// An analysis and the probes that were fitted on all rows.
public struct ProbeRun: Sendable {
  /// What was found.
  public let analysis: ProbeAnalysis
  /// The fitted probes, in the order of the dataset's cells.
  public let probes: [FittedProbe]
  /// For each row of the dataset that was used, the reference cell's logistic probe that was fitted without
  /// its fold.
  public let heldOutProbes: [Int: LinearProbe]
  /// The linear algebra behind it, which decides the last digits.
  public let backend: String

  package init(
    analysis: ProbeAnalysis, probes: [FittedProbe], heldOutProbes: [Int: LinearProbe] = [:],
    backend: String
  ) {
    self.analysis = analysis
    self.probes = probes
    self.heldOutProbes = heldOutProbes
    self.backend = backend
  }
}

/// A probe fitted on all rows of a dataset, with how well its like did on rows held out.
public struct FittedProbe: Sendable, Equatable {
  /// The place it reads.
  public let cell: ProbeCell
  /// How it was fitted.
  public let kind: ProbeKind
  /// The classifier, on raw vectors.
  public let probe: LinearProbe
  /// Area under the ROC curve of probes of its kind, each on the fold it was fitted without.
  public let outOfFoldAuroc: Double?
  /// The penalty it was fitted with; nil for kinds without one.
  public let penalty: Double?

  package init(
    cell: ProbeCell, kind: ProbeKind, probe: LinearProbe, outOfFoldAuroc: Double?,
    penalty: Double?
  ) {
    self.cell = cell
    self.kind = kind
    self.probe = probe
    self.outOfFoldAuroc = outOfFoldAuroc
    self.penalty = penalty
  }
}
