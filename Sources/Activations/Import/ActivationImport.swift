import Inference
import Kernels
import ModelFiles
public import Tokenization

/// Makes a store of activations that were captured elsewhere.
public struct ActivationImport: Sendable {
  /// What goes where in the store.
  public let plan: StorePlan
  /// The files it comes from, the description first.
  public let sources: [ImportedFile]
  private let datasets: [ImportedDataset]
  private let slots: [Int]?

  /// The values that are in memory at a time, unless a row has more.
  private static let valuesPerRun = 1 << 20

  /// Reads what is where, and checks everything but the values.
  ///
  /// - Parameters:
  ///   - description: what the files are.
  ///   - prompts: the prompts that were run; nil for the file that the description names.
  ///   - storedType: the type of the stored values.
  ///   - storesText: whether the prompts' text goes into the store.
  ///   - toolVersion: for the store's provenance.
  /// - Throws: `ImportError` for what does not fit together, `ModelFileError` for a file that is not sound.
  public init(
    _ description: ImportDescription, prompts: PromptSet?, storedType: StoredType = .f32,
    storesText: Bool = false, toolVersion: String
  ) throws {
    let set = try prompts ?? description.promptSet()
    let arrays = try ImportedArrays(description)
    let read = try ImportedPrompts(set, description, arrays)
    let rows = try ImportedRows(description, read.tokenized, arrays)
    let datasets = try ImportedDataset.all(
      description, rows, promptCount: set.prompts.count, arrays)
    let model = Digest.sha256(of: Array("imported:\(description.model)".utf8))
    plan = try StorePlan(
      identity: StoreIdentity(
        modelDigest: description.modelDigest ?? model, tokenizerDigest: read.tokenizerDigest,
        // How prompts were rendered is not known, so that no model here renders them alike.
        templateDigest: description.templateDigest ?? model, promptsDigest: set.digest,
        sites: Set(datasets.map(\.dataset.site)).sorted(), positions: rows.positions,
        layers: Set(datasets.compactMap(\.dataset.layer)).sorted(), precision: .f32,
        storedType: storedType, storesText: storesText),
      provenance: StoreProvenance(
        toolVersion: toolVersion, backend: "imported", backendVersion: arrays.digest,
        instructionSet: "unknown"),
      shard: 0..<set.prompts.count,
      prompts: PromptTable(set, tokenized: read.tokenized[...], storesText: storesText),
      tokens: TokenTable(read.tokenized), rows: rows.table, datasets: datasets.map(\.dataset))
    sources = arrays.sources
    self.datasets = datasets
    slots = rows.slots
  }

  /// Fills a store with all rows.
  ///
  /// - Parameters:
  ///   - writer: a store of this plan.
  ///   - shouldStop: asked now and then; true ends the run.
  ///   - onProgress: called with the rows done, of all datasets.
  /// - Returns: whether the store is complete.
  /// - Throws: `ImportError.notFinite`, or the first failure of a file or the store.
  public func fill(
    _ writer: ActivationWriter, shouldStop: () -> Bool = { false },
    onProgress: (_ rowsDone: Int) -> Void = { _ in }
  ) throws -> Bool {
    var done = 0
    for dataset in datasets {
      let readers = try dataset.arrays.map { try ImportedReader($0) }
      let step = max(1, Self.valuesPerRun / dataset.dataset.width)
      for first in stride(from: 0, to: plan.rows.count, by: step) {
        if shouldStop() { return false }
        let rows = first..<min(first + step, plan.rows.count)
        let values = try values(of: rows, from: readers)
        try writer.write(
          values.span, site: dataset.dataset.site, layer: dataset.dataset.layer,
          firstRow: rows.lowerBound)
        done += rows.count
        onProgress(done)
      }
    }
    return true
  }

  /// The number of rows of all datasets.
  public var rowCount: Int { plan.rows.count * datasets.count }

  /// The next rows of a dataset: as they come from one array, or in turn from those of each position.
  private func values(of rows: Range<Int>, from readers: [ImportedReader]) throws -> [Float] {
    guard let slots, readers.count > 1 else { return try readers[0].next(rows.count) }
    var values: [Float] = []
    for row in rows { values += try readers[slots[row]].next(1) }
    return values
  }
}

/// Reads finite rows of an array one after another.
private final class ImportedReader {
  private let array: StoredArray
  private let reader: ArrayReader
  private var row = 0

  init(_ array: StoredArray) throws {
    self.array = array
    reader = try ArrayReader(array)
  }

  func next(_ count: Int) throws -> [Float] {
    let width = array.shape[1]
    let values = try reader.floats(count * width)
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw ImportError.notFinite(
        file: array.file.path, array: array.name, row: row + place / width,
        column: place % width)
    }
    row += count
    return values
  }
}

extension ImportDescription {
  /// The prompts of the file that the description names.
  fileprivate func promptSet() throws -> PromptSet {
    guard let prompts else {
      throw ImportError.description(
        path: file.path, problem: "it names no prompts, and neither does --prompts")
    }
    let path = try path(of: prompts)
    // A link would lead to a file that is not beside the description.
    _ = try MappedFile(path: path, followingLinks: false)
    return try PromptSet(path: path)
  }
}
