import ModelFiles

/// An activation store that is being read: a finished one, or one that is still being written.
///
/// Opening checks the whole structure before anything is believed. Activations are read straight from
/// their places in the file, from any thread.
public final class ActivationStore: Sendable {
  /// The path it was opened by.
  public let path: String
  /// Everything its bytes depend on.
  public let identity: StoreIdentity
  /// What computed its values.
  public let provenance: StoreProvenance
  /// Which prompts of the whole it holds.
  public let shard: Range<Int>
  /// The prompts; columns in the order of their names' bytes.
  public let prompts: PromptTable
  /// Their tokens.
  public let tokens: TokenTable
  /// What each row is of.
  public let rows: RowTable

  let file: StoreFile
  /// Where everything lies in the file.
  package let layout: StoreLayout

  /// Opens a store and checks its structure, refusing whatever is not safe to follow.
  public init(path: String) throws(ActivationStoreError) {
    let file = try StoreFile(reading: path)
    let structure = try StoreStructure(file)
    self.path = path
    self.file = file
    self.identity = structure.identity
    self.provenance = structure.provenance
    self.shard = structure.shard
    self.prompts = structure.prompts
    self.tokens = structure.tokens
    self.rows = structure.rows
    self.layout = structure.layout
  }

  /// How the rows lie in the file.
  public var form: StoreForm { layout.storage.form }

  /// What was captured, in the order of the datasets' paths.
  public var datasets: [ActivationDataset] { layout.datasets }

  /// The runs of prompts that became valid together.
  public var units: CommitUnits { layout.units }

  /// Whether each unit is written, as the file says now.
  public func committedUnits() throws(ActivationStoreError) -> [Bool] {
    try layout.checksums(in: file).map { $0 != 0 }
  }

  /// What became of each prompt's rows.
  public func status() throws(ActivationStoreError) -> [RowStatus] {
    let raw: [UInt8] = try file.values(count: prompts.count, at: layout.statusOffset)
    var statuses: [RowStatus] = []
    for (prompt, value) in raw.enumerated() {
      guard let status = RowStatus(rawValue: value) else {
        throw .malformed(
          path: path, object: StorePath.status, found: "\(value) for prompt \(prompt)",
          expected: "0, 1 or 2")
      }
      statuses.append(status)
    }
    return statuses
  }

  /// Reads consecutive rows of one dataset as single precision.
  ///
  /// - Parameters:
  ///   - site: the dataset's site.
  ///   - layer: the dataset's layer, nil for a site outside the blocks.
  ///   - rows: which rows.
  ///   - values: `[row, width]`, filled.
  /// - Throws: an error when there is no such dataset, a row is not written yet, or reading fails.
  public func read(
    site: String, layer: Int?, rows: Range<Int>, into values: inout MutableSpan<Float>
  ) throws(ActivationStoreError) {
    let dataset = try index(site: site, layer: layer)
    let width = layout.datasets[dataset].width
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= self.rows.count
        && values.count == rows.count * width,
      "\(values.count) values for rows \(rows) of \(self.rows.count), width \(width)")
    try demandCommitted(rows)
    try unsafe values.withUnsafeMutableBufferPointer { (values) throws(ActivationStoreError) in
      try unsafe read(rows, of: dataset, into: values)
    }
  }

  /// Consecutive rows of one dataset as single precision, `[row, width]`.
  public func values(
    site: String, layer: Int?, rows: Range<Int>
  ) throws(ActivationStoreError) -> [Float] {
    let width = layout.datasets[try index(site: site, layer: layer)].width
    var values = [Float](repeating: 0, count: rows.count * width)
    var span = values.mutableSpan
    try read(site: site, layer: layer, rows: rows, into: &span)
    return values
  }

  private func read(
    _ rows: Range<Int>, of dataset: Int, into values: UnsafeMutableBufferPointer<Float>
  ) throws(ActivationStoreError) {
    let rowByteCount = layout.rowByteCount(dataset)
    if layout.storedType == .f32 {
      try unsafe layout.storage.read(
        into: UnsafeMutableRawBufferPointer(values), at: rows.lowerBound * rowByteCount,
        of: dataset, rowByteCount: rowByteCount)
      return
    }
    let size = layout.storedType.byteCount
    try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
      try unsafe layout.storage.withPieces(
        of: rows, in: dataset, rowByteCount: rowByteCount, buffer: buffer
      ) { piece, start in
        unsafe layout.storedType.widen(
          piece,
          into: UnsafeMutableBufferPointer(
            rebasing: values[start / size..<(start + piece.count) / size]))
      }
    }
  }

  private func index(site: String, layer: Int?) throws(ActivationStoreError) -> Int {
    guard
      let index = layout.datasets.firstIndex(where: { $0.site == site && $0.layer == layer })
    else {
      throw .noSuchDataset(
        path: path, site: site, layer: layer, present: layout.datasets.map(\.name))
    }
    return index
  }

  /// Rows that are not written yet read as zeros, which nobody could tell from values.
  private func demandCommitted(_ rows: Range<Int>) throws(ActivationStoreError) {
    guard !rows.isEmpty else { return }
    let first = layout.units.unit(ofRow: rows.lowerBound)
    let last = layout.units.unit(ofRow: rows.upperBound - 1)
    let checksums: [UInt32] = try file.values(
      count: last - first + 1, at: layout.checksumOffset(of: first))
    guard let missing = checksums.firstIndex(of: 0) else { return }
    let committed = try committedUnits()
    throw .notCommitted(
      path: path, unit: first + missing, whole: committed.count { $0 }, units: committed.count)
  }
}
