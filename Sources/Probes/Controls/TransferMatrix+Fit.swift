import Kernels
import ModelFiles

/// Another store to transfer to: the same places captured for other prompts.
public struct TransferSet: Sendable {
  /// What to call it in the report.
  public let name: String
  /// Its labelled prompts and vectors.
  public let dataset: ProbeDataset

  /// Names a dataset.
  public init(name: String, dataset: ProbeDataset) {
    self.name = name
    self.dataset = dataset
  }

  /// Takes the dataset of another store.
  ///
  /// - Throws: `ProbeError.otherStore` where that is of another model, adapter or chat template, or its
  ///   labels are not two classes.
  public init(
    name: String, _ other: StoredProbeDataset, comparedWith stored: StoredProbeDataset
  ) throws(ProbeError) {
    let fields = [
      ("model", other.origin.modelDigest, stored.origin.modelDigest),
      ("adapter", other.origin.adapterDigest ?? "none", stored.origin.adapterDigest ?? "none"),
      (
        "chat template", other.origin.templateDigest ?? "none",
        stored.origin.templateDigest ?? "none"
      ),
    ]
    for (what, found, expected) in fields where found != expected {
      throw .otherStore(
        name: name, what: what, found: ByteString(found), expected: ByteString(expected))
    }
    guard case .binary = other.outcome else {
      throw .otherStore(
        name: name, what: "label column", found: ByteString(other.origin.meaningOfOne),
        expected: "two classes")
    }
    self.init(name: name, dataset: other.dataset)
  }
}

/// Prompts of one source at the reference cell.
private struct TransferSource {
  let name: String
  let features: SharedMatrix
  let prompts: [ProbePrompt]
  /// The fold of each prompt; nil where folds cannot be made.
  let folds: [Int]?

  var labels: [Int] { prompts.map(\.label) }
  var hasBothClasses: Bool { Set(labels).count == 2 }

  /// Rows that share neither text nor pair with another source.
  func rows(apartFrom other: TransferSource) -> [Int] {
    let (texts, pairs) = (
      Set(other.prompts.compactMap(\.textDigest)), Set(other.prompts.compactMap(\.pair))
    )
    return prompts.indices.filter { row in
      let prompt = prompts[row]
      return !(prompt.textDigest.map(texts.contains) ?? false)
        && !(prompt.pair.map { !$0.bytes.isEmpty && pairs.contains($0) } ?? false)
    }
  }
}

extension TransferMatrix {
  /// Trains the reference probe on every source and tests it on every other.
  ///
  /// Sources are those of the store's source column and each further set. On itself a source is tested by
  /// the folds of the analysis; a further set, by folds of its own. Prompts that share their text or pair with
  /// one of the training source are left out of the test.
  ///
  /// - Parameter context: the reference cell's vectors, prompts, sources, sets and folds.
  /// - Returns: not run where there are fewer than two sources, or none with both classes.
  /// - Throws: `ProbeError`, or what reading throws.
  static func check(_ context: ControlContext) throws -> Check<TransferMatrix> {
    let sources = try context.transferSources()
    guard sources.count > 1 else { return .notRun(.needsSources) }
    var entries: [Entry] = []
    for (place, train) in sources.enumerated() where train.hasBothClasses {
      let probe = try train.probe(rows: Array(train.prompts.indices), context.reference)
      for (other, test) in sources.enumerated() {
        let scores: [Double?]
        if other == place {
          guard let own = try train.heldOutScores(context.reference) else { continue }
          scores = own
        } else {
          let all = probe.scores(test.features.values)
          let apart = Set(test.rows(apartFrom: train))
          scores = all.indices.map { apart.contains($0) ? all[$0] : nil }
        }
        if let entry = Entry(train: train.name, test: test, scores, isOwn: other == place) {
          entries.append(entry)
        }
      }
    }
    return entries.isEmpty ? .notRun(.needsBothClasses) : .done(TransferMatrix(entries: entries))
  }
}

extension ControlContext {
  /// The store's sources and the further sets, each by a name of its own.
  fileprivate func transferSources() throws -> [TransferSource] {
    let (cell, folds) = (reference.cell, judge.plan.folds.indices)
    var result: [TransferSource] = []
    func add(_ name: String, _ values: [Float], _ prompts: [ProbePrompt], folds: [Int]?) throws {
      let matrix = try DoubleMatrix(values, rows: prompts.count, name: "\(cell.name) of \(name)")
      let namesakes = result.count { $0.name == name || $0.name.hasPrefix("\(name) (") }
      result.append(
        TransferSource(
          name: namesakes == 0 ? name : "\(name) (\(namesakes + 1))",
          features: SharedMatrix(matrix), prompts: prompts, folds: folds))
    }
    if let sources, sources.names.count > 1 {
      for (index, name) in sources.names.enumerated() {
        let rows = sources.rows(of: index)
        try add(
          name.description, vectors.keeping(rows, of: prompts.count), rows.map { prompts[$0] },
          folds: rows.map { folds[$0] })
      }
    } else if !companions.transfer.isEmpty {
      try add("this store", vectors, prompts, folds: folds)
    }
    for set in companions.transfer {
      let prompts = set.dataset.prompts
      let folds = try? Folds(
        clusters: Clusters(prompts), labels: prompts.map(\.label), seed: seed)
      try add(set.name, set.dataset.features(cell), prompts, folds: folds?.indices)
    }
    return result
  }
}

extension TransferMatrix.Entry {
  /// Counts what was scored; nil where nothing was.
  fileprivate init?(train: String, test: TransferSource, _ scores: [Double?], isOwn: Bool) {
    let rows = scores.indices.filter { scores[$0] != nil }
    guard !rows.isEmpty else { return nil }
    let found = rows.compactMap { scores[$0] }
    let labels = rows.map { test.labels[$0] }
    self.train = train
    self.test = test.name
    self.rows = rows.count
    auroc =
      isOwn
      ? RankedScores(scores: found, labels: labels, folds: rows.compactMap { test.folds?[$0] })
        .areaUnderROC : areaUnderROC(scores: found, labels: labels)
    positiveShare = Double(found.count { $0 > 0 }) / Double(found.count)
  }
}

extension TransferSource {
  /// The reference kind and penalty, fitted on some rows.
  func probe(rows: [Int], _ reference: ReferenceProbe) throws(ProbeError) -> LinearProbe {
    let plan = CrossFitPlan(
      labels: labels, folds: Folds(indices: folds ?? []), penalties: [reference.penalty])
    return try plan.logisticProbe(
      features.values, rows: rows, penalty: reference.penalty,
      name: "\(reference.cell.name) of \(name)")
  }

  /// Scores by probes fitted without the row's fold, nil where that leaves one class; nil without folds.
  func heldOutScores(_ reference: ReferenceProbe) throws(ProbeError) -> [Double?]? {
    guard let folds else { return nil }
    let labels = labels
    var result = [Double?](repeating: nil, count: labels.count)
    for fold in Set(folds).sorted() {
      let outside = labels.indices.filter { folds[$0] != fold }
      guard Set(outside.map { labels[$0] }).count == 2 else { continue }
      let scores = try probe(rows: outside, reference).scores(features.values)
      for row in labels.indices where folds[row] == fold { result[row] = scores[row] }
    }
    return result
  }
}
