import Kernels
import ModelFiles
import Synchronization

/// How far two captures of the same prompts are apart.
///
/// The first store is what the second is measured against. Rows that are not written in both, and rows
/// of prompts with values that are not finite in one of them, are left out.
public struct StoreComparison: Codable, Sendable, Equatable {
  /// The store that the other is measured against.
  public let first: Side
  /// The other store.
  public let second: Side
  /// What the captures depended on and what computed them, where that differs.
  public let differences: [Difference]
  /// The commit units that each store has when it is finished.
  public let unitCount: Int
  /// The commit units that are written in both.
  public let comparedUnitCount: Int
  /// The prompts whose rows were compared.
  public let promptCount: Int
  /// The rows that were compared at each site and layer.
  public let rowCount: Int
  /// Rows written in both stores, but of prompts with values that are not finite.
  public let leftOutRowCount: Int
  /// The sites and layers that both stores have, in the order of the datasets' paths.
  public let datasets: [DatasetComparison]

  /// One of the two stores.
  public struct Side: Codable, Sendable, Equatable {
    /// The path it was opened by.
    public let path: String
    /// The SHA-256 of its identity.
    public let identityDigest: String
    /// The commit units that are written.
    public let writtenUnitCount: Int
    /// The prompts with values that are not finite, or were too large for the stored type.
    public let nonFinitePromptCount: Int
    /// The sites and layers that the other store does not have.
    public let onlyHere: [String]
  }

  /// Something that two captures do not share.
  public struct Difference: Codable, Sendable, Equatable {
    /// What differs, such as `stored type`.
    public let field: String
    /// The first store's, as text; nil for none.
    public let first: String?
    /// The second store's.
    public let second: String?
  }

  /// Compares two stores, finished or not.
  ///
  /// - Parameters:
  ///   - first: the store that the other is measured against.
  ///   - second: the other store.
  ///   - threads: how many datasets are read at a time; the figures do not depend on it.
  ///   - onProgress: told how many of how many rows are done, all datasets together, from any thread.
  /// - Throws: `StoreComparisonError` when the stores are not of the same prompts, tokens and
  ///   positions or have nothing in common, `ActivationStoreError` when one cannot be read.
  public init(
    _ first: ActivationStore, _ second: ActivationStore, threads: Int,
    onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let common = try Self.commonDatasets(first, second)
    let alignment = try StoreAlignment(first, second)
    let total = common.count * alignment.rowCount
    let done = Atomic<Int>(0)
    datasets = try parallelMap(count: common.count, threads: threads) { index in
      try DatasetComparison(common[index], first, second, alignment) { rows in
        onProgress(done.wrappingAdd(rows, ordering: .relaxed).newValue, total)
      }
    }
    self.first = try Side(first, common)
    self.second = try Side(second, common)
    differences =
      Difference.all(first.identity.json, second.identity.json)
      + Difference.all(first.provenance.json, second.provenance.json)
    unitCount = first.units.count
    comparedUnitCount = alignment.unitCount
    promptCount = alignment.promptCount
    rowCount = alignment.rowCount
    leftOutRowCount = alignment.leftOutRowCount
  }

  private static func commonDatasets(
    _ first: ActivationStore, _ second: ActivationStore
  ) throws(StoreComparisonError) -> [ActivationDataset] {
    var common: [ActivationDataset] = []
    for dataset in first.datasets {
      guard let other = second.datasets.first(where: { $0.path == dataset.path }) else { continue }
      guard other.width == dataset.width else {
        throw .differ(
          .width(dataset), first: first.finding("\(dataset.width)"),
          second: second.finding("\(other.width)"))
      }
      common.append(dataset)
    }
    guard !common.isEmpty else {
      throw .nothingInCommon(
        first: first.finding(first.datasets.map(\.name).joined(separator: ", ")),
        second: second.finding(second.datasets.map(\.name).joined(separator: ", ")))
    }
    return common
  }
}

extension StoreComparison.Side {
  fileprivate init(
    _ store: ActivationStore, _ common: [ActivationDataset]
  ) throws(ActivationStoreError) {
    self.init(
      path: store.path, identityDigest: store.identity.digest,
      writtenUnitCount: try store.committedUnits().count { $0 },
      nonFinitePromptCount: try store.status().count { $0 != .whole },
      onlyHere: store.datasets.filter { !common.contains($0) }.map(\.name))
  }
}

extension StoreComparison.Difference {
  /// Compares objects with the same keys.
  fileprivate static func all(
    _ first: JSONObject, _ second: JSONObject
  ) -> [StoreComparison.Difference] {
    second.differences(from: first).map { difference in
      StoreComparison.Difference(
        field: difference.field, first: difference.found.words, second: difference.wanted.words)
    }
  }
}

extension JSONValue {
  /// The value as a reader writes it; nil for null and for an empty list.
  fileprivate var words: String? {
    switch self {
    case .null: nil
    case .bool(let value): value ? "yes" : "no"
    case .number(let number): number.text
    case .string(let text): text.string
    case .array(let elements):
      elements.isEmpty ? nil : elements.compactMap(\.words).joined(separator: ", ")
    case .object(let object): object.members.compactMap(\.value.words).joined(separator: " ")
    }
  }
}
