/// A store before any row is in it: what will be where, and all that is known beforehand.
///
/// Prompts are tokenized first, so every row has its address from the start.
public struct StorePlan: Sendable {
  /// Everything the file's bytes depend on.
  public let identity: StoreIdentity
  /// What computes the values.
  public let provenance: StoreProvenance
  /// Which prompts of the whole this file holds.
  public let shard: Range<Int>
  /// The prompts.
  public let prompts: PromptTable
  /// Their tokens.
  public let tokens: TokenTable
  /// What each row is of.
  public let rows: RowTable
  /// What is captured, in the order of the datasets' paths.
  public let datasets: [ActivationDataset]
  /// The runs of prompts that become valid together.
  public let units: CommitUnits

  /// Plans a store, refusing columns that the file cannot hold.
  ///
  /// - Parameters:
  ///   - identity: everything the file's bytes depend on.
  ///   - provenance: what computes the values.
  ///   - shard: which prompts of the whole this file holds; starts at a multiple of 64, so that the
  ///     whole's units are the shards'.
  ///   - prompts: the shard's prompts.
  ///   - tokens: their tokens.
  ///   - rows: what each row is of; prompts are counted from the start of the shard.
  ///   - datasets: what is captured, in any order.
  /// - Throws: an error that names the column with a name or a text that cannot be stored.
  public init(
    identity: StoreIdentity, provenance: StoreProvenance, shard: Range<Int>, prompts: PromptTable,
    tokens: TokenTable, rows: RowTable, datasets: [ActivationDataset]
  ) throws(ActivationStoreError) {
    precondition(
      shard.count == prompts.count && tokens.offsets.count == prompts.count + 1,
      "\(shard.count) prompts in the shard, \(prompts.count) in the table, "
        + "\(tokens.offsets.count) token offsets")
    precondition(
      shard.lowerBound % CommitUnits.promptsPerUnit == 0, "the shard starts at \(shard.lowerBound)")
    precondition(identity.storesText == (prompts.texts != nil), "texts and identity disagree")
    precondition(!datasets.isEmpty, "nothing to capture")
    precondition(Set(datasets.map(\.path)).count == datasets.count, "a dataset is planned twice")
    precondition(datasets.allSatisfy { $0.width > 0 }, "a dataset has no width")
    precondition(
      rows.prompts.allSatisfy { prompts.indices.contains(Int($0)) },
      "a row belongs to none of \(prompts.count) prompts")
    try Self.demandStorable(prompts)
    self.identity = identity
    self.provenance = provenance
    self.shard = shard
    self.prompts = prompts
    self.tokens = tokens
    self.rows = rows
    self.datasets = ActivationDataset.sorted(datasets)
    self.units = CommitUnits(promptCount: prompts.count, rowPrompts: rows.prompts)
  }

  private static func demandStorable(_ prompts: PromptTable) throws(ActivationStoreError) {
    var names: Set<[UInt8]> = []
    for column in prompts.columns {
      guard !column.name.isEmpty else { throw .column(name: column.name, .unnamed) }
      guard names.insert(Array(column.name.utf8)).inserted else {
        throw .column(name: column.name, .repeated)
      }
      try demandNoNUL(column.values, column: column.name)
    }
    if let texts = prompts.texts { try demandNoNUL(texts, column: StoreColumn.text) }
  }

  private static func demandNoNUL(
    _ texts: [String], column: String
  ) throws(ActivationStoreError) {
    if let prompt = texts.firstIndex(where: { $0.utf8.contains(0) }) {
      throw .column(name: column, .nul(prompt: prompt))
    }
  }

  /// The bytes that the rows of all datasets take.
  public var activationByteCount: Int {
    datasets.reduce(0) { $0 + $1.width } * rows.count * identity.storedType.byteCount
  }
}

extension PromptTable {
  var indices: Range<Int> { 0..<count }
}
