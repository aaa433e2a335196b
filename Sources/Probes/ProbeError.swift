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
  case nothingSelected(path: String, prompts: Int, unlabeled: Int, notFinite: Int, otherSplit: Int)
  /// A label is none of the words that have a class of their own.
  case unknownLabel(value: ByteString, prompt: ByteString)
  /// No row carries the label that was named as positive.
  case positiveLabelAbsent(value: ByteString, found: [ByteString])
  /// Every labelled row has the same class.
  case oneClass(label: Int, rows: Int)
  /// Too few groups for nested folds.
  case tooFewGroups(found: Int, needed: Int)
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
  /// The probe file has no probe for that place.
  case noSuchProbe(path: String, cell: String, has: [String])
  /// A vector has another width than the probe.
  case width(cell: String, found: Int, expected: Int)

  public var kind: FailureKind {
    switch self {
    case .noCommonPosition, .siteName, .nothingSelected, .unknownLabel, .oneClass, .tooFewGroups, .classInTooFewFolds,
      .noComparablePairs, .notFinite, .probeFile:
      .badInput
    case .noColumn, .positiveLabelAbsent, .noSuchProbe: .usage
    case .notConverged: .software
    case .mismatch, .width: .mismatch
    }
  }
}

extension ProbeError {
  public var description: String {
    switch self {
    case .noColumn(let path, let name, let has):
      """
      \(ByteString(path)) has no column \(ByteString(name)); the prompt file gave it \
      \(has.isEmpty ? "none" : has.map { ByteString($0).description }.joined(separator: ", "))
      """
    case .noCommonPosition(let path, let prompts):
      """
      no position captured in \(ByteString(path)) is the same place in all \(prompts) prompts; extract \
      with --positions last or template.tail
      """
    case .siteName(let path, let site):
      "\(ByteString(path)) has a site named \(site), which no hook of ours is called"
    case .nothingSelected(let path, let prompts, let unlabeled, let notFinite, let otherSplit):
      """
      none of the \(prompts) prompts in \(ByteString(path)) can be used: \(unlabeled) without a label, \
      \(notFinite) with values that are not finite, \(otherSplit) of another split
      """
    case .unknownLabel(let value, let prompt):
      """
      the label "\(value)" of prompt \(prompt) is none of 0, 1, true, false, harmful, harmless; \
      name the label that is class 1 with --positive
      """
    case .positiveLabelAbsent(let value, let found):
      """
      no prompt has the label "\(value)" named by --positive; the column has \
      \(found.prefix(4).map { "\"\($0)\"" }.joined(separator: ", "))
      """
    case .oneClass(let label, let rows):
      "all \(rows) labelled prompts are of class \(label); a probe needs both classes"
    case .tooFewGroups(let found, let needed):
      """
      the prompts form \(found) group\(found == 1 ? "" : "s") once those sharing a pair or a text are \
      joined; held-out folds need at least \(needed)
      """
    case .classInTooFewFolds(let label, let folds, let groups, let needed):
      """
      class \(label) occurs in \(groups) group\(groups == 1 ? "" : "s") and so in \(folds) \
      fold\(folds == 1 ? "" : "s"); every training part has both classes only when each is in at \
      least \(needed)
      """
    case .noComparablePairs:
      """
      no held-out fold has both classes, so no two scores can be compared; groups that contain both \
      classes are needed
      """
    case .notFinite(let cell, let row, let column):
      "\(cell) holds a value that is not finite, in row \(row), component \(column)"
    case .notConverged(let cell, let penalty, let iterations, let decrement):
      """
      logistic regression on \(cell) at C = \(penalty) was given up after \(iterations) steps with a \
      squared decrement of \(decrement)
      """
    case .probeFile(let path, let problem):
      "\(ByteString(path)) is not a file of probes: \(problem)"
    case .mismatch(let path, let what, let found, let expected):
      """
      the probes in \(ByteString(path)) were fitted on \(what) \(found), but these vectors come from \
      \(expected); fit probes on this one instead
      """
    case .noSuchProbe(let path, let cell, let has):
      """
      \(ByteString(path)) has no probe \(ByteString(cell)); it has \
      \(has.prefix(4).map { ByteString($0).description }.joined(separator: ", "))\
      \(has.count > 4 ? " and \(has.count - 4) more" : "")
      """
    case .width(let cell, let found, let expected):
      "\(cell) was fitted on vectors of \(expected) components, but this one has \(found)"
    }
  }
}
