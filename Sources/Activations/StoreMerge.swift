/// Stores of one capture whose prompts follow one another, to be made into one store.
///
/// What is made holds the prompts from the first store's to the last one's. It need not be all of the
/// capture: what is missing at either end can be merged to it later, and however it is done, the same
/// prompts give the same bytes as one run over them.
public struct StoreMerge: Sendable {
  /// The stores in the order of their prompts.
  let stores: [ActivationStore]
  /// The store to be made.
  let plan: StorePlan

  /// Opens stores, in any order, and demands that they belong together without a gap.
  public init(_ paths: [String]) throws(ActivationStoreError) {
    precondition(!paths.isEmpty, "nothing to merge")
    // Some are needed for the output and by the system.
    let limit = StorePlace.openFileLimit() - 32
    guard paths.count <= limit else { throw .tooManyFiles(count: paths.count, limit: limit) }
    var stores: [ActivationStore] = []
    for path in paths {
      guard !path.hasSuffix(".part") else { throw .merge(path: path, .unfinished) }
      let store = try ActivationStore(path: path)
      for other in stores where try other.file.isStillNamed(path) {
        throw .merge(path: path, .twice(other: other.path))
      }
      if let first = stores.first { try Self.demandAlike(store, first) }
      stores.append(store)
    }
    stores.sort {
      ($0.shard.lowerBound, $0.shard.upperBound) < ($1.shard.lowerBound, $1.shard.upperBound)
    }
    self.stores = stores
    self.plan = try StorePlan(joining: stores, shard: Self.shard(of: stores))
  }

  /// The prompts of the whole that the merged store holds.
  public var prompts: Range<Int> { plan.shard }

  /// The number of stores.
  public var count: Int { stores.count }

  /// Demands that two stores may be parts of one.
  private static func demandAlike(
    _ store: ActivationStore, _ first: ActivationStore
  ) throws(ActivationStoreError) {
    let difference =
      first.identity.difference(from: store.identity)
      ?? StoreDifference(found: store.provenance.json, wanted: first.provenance.json)
    if let difference {
      throw .merge(path: store.path, .difference(from: first.path, difference))
    }
    guard store.datasets == first.datasets else {
      throw .merge(path: store.path, .content(object: "/activations", differsFrom: first.path))
    }
    guard store.prompts.columns.map(\.nameBytes) == first.prompts.columns.map(\.nameBytes) else {
      throw .merge(path: store.path, .content(object: "/prompts", differsFrom: first.path))
    }
  }

  /// The prompts of stores that are in order, none of which may be missing or there twice.
  private static func shard(of stores: [ActivationStore]) throws(ActivationStoreError) -> Range<Int>
  {
    let holding = stores.filter { !$0.shard.isEmpty }
    guard let first = holding.first, let last = holding.last else { return stores[0].shard }
    for (store, next) in zip(holding, holding.dropFirst()) {
      let (end, start) = (store.shard.upperBound, next.shard.lowerBound)
      guard end <= start else {
        let shared = start..<min(end, next.shard.upperBound)
        throw .merge(path: next.path, .overlap(other: store.path, prompts: shared))
      }
      guard end == start else {
        throw .merge(path: next.path, .gap(after: store.path, prompts: end..<start))
      }
    }
    return first.shard.lowerBound..<last.shard.upperBound
  }
}

extension StorePlan {
  /// Plans a store of the prompts of others, which are alike and in order.
  fileprivate init(
    joining stores: [ActivationStore], shard: Range<Int>
  ) throws(ActivationStoreError) {
    try self.init(
      identity: stores[0].identity, provenance: stores[0].provenance, shard: shard,
      prompts: PromptTable(joining: stores.map(\.prompts)),
      tokens: TokenTable(joining: stores.map(\.tokens)),
      rows: RowTable(joining: stores.map { ($0.rows, $0.prompts.count) }),
      datasets: stores[0].datasets)
  }
}

extension PromptColumn {
  fileprivate var nameBytes: [UInt8] { Array(name.utf8) }
}

extension PromptTable {
  /// Joins tables that have the same columns in the same order.
  fileprivate init(joining tables: [PromptTable]) {
    self.init(
      columns: tables[0].columns.enumerated().map { index, column in
        PromptColumn(name: column.name, values: tables.flatMap { $0.columns[index].values })
      },
      textDigests: tables.flatMap(\.textDigests),
      texts: tables[0].texts == nil ? nil : tables.flatMap { $0.texts ?? [] })
  }
}

extension TokenTable {
  fileprivate init(joining tables: [TokenTable]) {
    var offsets = [0]
    for table in tables {
      let start = offsets[offsets.count - 1]
      offsets += table.offsets.dropFirst().map { start + $0 }
    }
    self.init(
      offsets: offsets, ids: tables.flatMap(\.ids), roles: tables.flatMap(\.roles))
  }
}

extension RowTable {
  fileprivate init(joining tables: [(rows: RowTable, promptCount: Int)]) {
    var prompts: [Int32] = []
    var start: Int32 = 0
    for table in tables {
      prompts += table.rows.prompts.map { start + $0 }
      start += Int32(table.promptCount)
    }
    self.init(
      prompts: prompts, positions: tables.flatMap(\.rows.positions),
      roles: tables.flatMap(\.rows.roles))
  }
}
