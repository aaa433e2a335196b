public import ModelFiles

/// What can go wrong when probes are fitted, saved or applied.
public enum ProbeError: Failure, Equatable {
  /// The store has no column of that name.
  case noColumn(path: String, name: String, has: [String])
  /// No captured position is the same place in every prompt.
  case noCommonPosition(path: String, prompts: Int)
  /// A site's name could not be part of a tensor's name.
  case siteName(path: String, site: ByteString)
  /// No prompt is left to fit on.
  case nothingSelected(
    path: String, prompts: Int, unlabeled: Int, notFinite: Int, otherSplit: Int)
  /// A label is none of the words that have a class of their own.
  case unknownLabel(value: ByteString, prompt: ByteString)
  /// No row carries the label that was named as positive.
  case positiveLabelAbsent(value: ByteString, found: [ByteString])
  /// Every labelled row has the same class.
  case oneClass(label: Int, rows: Int)
  /// Too few groups for nested folds.
  case tooFewGroups(found: Int, needed: Int)
  /// Too little is left when near-duplicates are dropped.
  case leftByDuplicates(dropped: Int, left: Int)
  /// A class is in too few folds for every training part to have it.
  case classInTooFewFolds(label: Int, folds: Int, groups: Int, needed: Int)
  /// No held-out fold has both classes, so nothing can be compared.
  case noComparablePairs
  /// A feature is not a finite number.
  case notFinite(cell: String, row: Int, column: Int)
  /// The fit did not reach the optimum.
  case notConverged(cell: String, penalty: Double, iterations: Int, decrement: Double)
  /// A saved file is not a probe file, or a part of it is not what it should be.
  case probeFile(path: String, problem: String)
  /// The probe was fitted on another model, template or site.
  case mismatch(path: String, what: String, found: ByteString, expected: ByteString)
  /// A store to transfer to is of something else.
  case otherStore(name: String, what: String, found: ByteString, expected: ByteString)
  /// The probe file has no probe for that place.
  case noSuchProbe(path: String, cell: String, has: [String])
  /// The model has no such site or layer.
  case noSuchPlace(path: String, cell: String)
  /// A probe reads a site that no model can be steered at.
  case noSteering(path: String, cell: String)
  /// A probe's weights, scaled as asked for, have no direction.
  case noDirection(path: String, cell: String)
  /// The store has no row of the place that a probe reads.
  case placeNotCaptured(path: String, cell: String)
  /// A vector has another width than the probe.
  case width(cell: String, found: Int, expected: Int)

  public var kind: FailureKind {
    switch self {
    case .noCommonPosition, .siteName, .nothingSelected, .unknownLabel, .oneClass, .tooFewGroups,
      .leftByDuplicates, .classInTooFewFolds,
      .noComparablePairs, .notFinite, .probeFile, .noDirection:
      .badInput
    case .noColumn, .positiveLabelAbsent, .noSuchProbe: .usage
    case .notConverged: .software
    case .mismatch, .otherStore, .noSuchPlace, .noSteering, .placeNotCaptured, .width: .mismatch
    }
  }
}
