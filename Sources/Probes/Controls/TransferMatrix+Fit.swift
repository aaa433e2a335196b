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
  let labels: [Int]
  let folds: [Int]

  var hasBothClasses: Bool { labels.contains(0) && labels.contains(1) }
}

extension TransferMatrix {
  /// Trains the reference probe on every source and tests it on every other.
  ///
  /// Sources are those of the store's source column and each further set. On itself a source is tested by
  /// the folds of the analysis; a further set, by folds of its own.
  ///
  /// - Returns: nil where there are fewer than two sources.
  init?(
    _ vectors: [Float], prompts: [ProbePrompt], sources: Sources?, sets: [TransferSet],
    reference: ReferenceProbe, plan: CrossFitPlan, seed: UInt64
  ) throws {
    let cell = reference.cell
    var all: [TransferSource] = []
    func add(_ name: String, _ values: [Float], labels: [Int], folds: [Int]) throws {
      let matrix = try DoubleMatrix(values, rows: labels.count, name: "\(cell.name) of \(name)")
      all.append(
        TransferSource(
          name: name, features: SharedMatrix(matrix), labels: labels, folds: folds))
    }
    if let sources, sources.names.count > 1 {
      for (index, name) in sources.names.enumerated() {
        let rows = sources.rows(of: index)
        try add(
          name.description,
          rows.flatMap { vectors[$0 * cell.width..<($0 + 1) * cell.width] },
          labels: rows.map { plan.labels[$0] }, folds: rows.map { plan.folds.indices[$0] })
      }
    } else if !sets.isEmpty {
      try add("this store", vectors, labels: plan.labels, folds: plan.folds.indices)
    }
    for set in sets {
      guard set.dataset.cells.contains(cell) else {
        throw ProbeError.placeNotCaptured(path: set.name, cell: cell.name)
      }
      let labels = set.dataset.prompts.map(\.label)
      let folds = try? Folds(
        clusters: Clusters(set.dataset.prompts), labels: labels, seed: seed)
      try add(
        set.name, set.dataset.features(cell), labels: labels,
        folds: folds?.indices ?? [Int](repeating: 0, count: labels.count))
    }
    guard all.count > 1 else { return nil }
    var entries: [Entry] = []
    for train in all where train.hasBothClasses {
      let probe = try train.probe(rows: Array(train.labels.indices), reference)
      for test in all {
        let scores =
          test.name == train.name
          ? try train.heldOutScores(reference) : probe.scores(test.features.values)
        entries.append(Entry(train: train.name, test: test, scores: scores))
      }
    }
    self.entries = entries
  }
}

extension TransferMatrix.Entry {
  fileprivate init(train: String, test: TransferSource, scores: [Double?]) {
    let rows = scores.indices.filter { scores[$0] != nil }
    let found = rows.compactMap { scores[$0] }
    let labels = rows.map { test.labels[$0] }
    self.train = train
    self.test = test.name
    self.rows = rows.count
    auroc =
      test.name == train
      ? RankedScores(scores: found, labels: labels, folds: rows.map { test.folds[$0] })
        .areaUnderROC : areaUnderROC(scores: found, labels: labels)
    positiveShare = Double(found.count { $0 > 0 }) / Double(max(found.count, 1))
  }
}

extension TransferSource {
  /// The reference kind and penalty, fitted on some rows.
  func probe(rows: [Int], _ reference: ReferenceProbe) throws(ProbeError) -> LinearProbe {
    let plan = CrossFitPlan(
      labels: labels, folds: Folds(indices: folds), penalties: [reference.penalty])
    return try plan.logisticProbe(
      features.values, rows: rows, penalty: reference.penalty,
      name: "\(reference.cell.name) of \(name)")
  }

  /// Scores by probes fitted without the row's fold; nil where that leaves one class.
  func heldOutScores(_ reference: ReferenceProbe) throws(ProbeError) -> [Double?] {
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
