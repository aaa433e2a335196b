import ModelFiles

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
      the prompts form \(found) group\(found == 1 ? "" : "s") once those sharing a pair or a text, and \
      near-duplicates of different labels, are joined; held-out folds need at least \(needed)
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
    case .leftByDuplicates(let dropped, let left):
      """
      \(dropped) prompts nearly repeat one of another group and were dropped, and the \(left) that are left \
      cannot be dealt to folds; give near-duplicates one group, or keep them with --keep-near-duplicates
      """
    case .otherStore(let name, let what, let found, let expected):
      """
      the store \(ByteString(name)) to transfer to has the \(what) \(found), but this one has \(expected); \
      capture both alike
      """
    case .noSuchProbe(let path, let cell, let has):
      """
      \(ByteString(path)) has no probe \(ByteString(cell)); it has \
      \(has.prefix(4).map { ByteString($0).description }.joined(separator: ", "))\
      \(has.count > 4 ? " and \(has.count - 4) more" : "")
      """
    case .noSuchPlace(let path, let cell):
      "\(ByteString(path)) has a probe for \(ByteString(cell)), but the model has no such site and layer; "
        + "was it trained on another model?"
    case .noSteering(let path, let cell):
      "\(ByteString(cell)) in \(ByteString(path)) reads a site that no model here has a hook at, so it "
        + "cannot be steered with; choose a probe of another site"
    case .noDirection(let path, let cell):
      "the weights of \(ByteString(cell)) in \(ByteString(path)) are all zeros, or too large or too "
        + "small once scaled, so they have no direction; choose another --name or --scale"
    case .placeNotCaptured(let path, let cell):
      """
      the probe reads \(ByteString(cell)), which \(ByteString(path)) did not capture; extract that \
      site, layer and position
      """
    case .width(let cell, let found, let expected):
      "\(cell) was fitted on vectors of \(expected) components, but this one has \(found)"
    }
  }
}
