import CKernels
import ModelFiles

/// What re-reading every byte of a store found.
public struct StoreVerification: Sendable {
  /// The units that do not hold what their checksums say.
  public let damagedUnits: [Int]
  /// The units that are not written yet.
  public let missingUnits: [Int]
  /// The number of commit units.
  public let unitCount: Int
  /// The prompts of each damaged unit.
  public let damagedPrompts: [Range<Int>]
  /// What the file holds.
  public let counts: StoreCounts
  /// The SHA-256 of the file's bytes, in hexadecimal.
  public let fileDigest: String
  /// The digest that the manifest beside the file gives; nil when there is no manifest.
  public private(set) var recordedDigest: String?
  /// The files that a virtual store's rows come from and that have other bytes than when it was made.
  public private(set) var changedSources: [String] = []

  /// Whether the file is the one that the manifest beside it tells of; nil when there is no manifest.
  public var isAsRecorded: Bool? { recordedDigest.map { $0 == fileDigest } }

  /// Whether every unit is there and right, and the files are the ones that are told of.
  ///
  /// The units' checksums cover activations and status; the manifest's digest covers everything.
  public var isWhole: Bool {
    damagedUnits.isEmpty && missingUnits.isEmpty && changedSources.isEmpty
      && isAsRecorded != false
  }

  /// Demands that the store is whole, and says what is wrong with it otherwise.
  public func demandWhole(path: String) throws(ActivationStoreError) {
    guard damagedUnits.isEmpty else { throw .damaged(path: path, units: damagedUnits) }
    if let name = changedSources.first { throw .source(path: path, name: name, .changed) }
    guard isAsRecorded != false else {
      throw .notAsRecorded(path: path, manifest: StorePlace(path).manifest)
    }
    if let unit = missingUnits.first {
      throw .notCommitted(
        path: path, unit: unit, whole: unitCount - missingUnits.count, units: unitCount)
    }
  }

  /// Re-reads a store, finished or not.
  public init(path: String) throws(ActivationStoreError) {
    try self.init(ActivationStore(path: path))
  }

  /// Re-reads an open store.
  public init(_ store: ActivationStore) throws(ActivationStoreError) {
    try self.init(store.file, layout: store.layout, tokenCount: store.tokens.ids.count)
    recordedDigest = try Self.recordedDigest(in: StorePlace(store.path).manifest)
    if case .joined(let sources) = store.layout.storage {
      for source in sources where try Self.digest(of: source.file) != source.source.digest {
        changedSources.append(source.source.name)
      }
    }
  }

  /// Re-reads the file of a store whose layout is known.
  init(
    _ file: StoreFile, layout: StoreLayout, tokenCount: Int
  ) throws(ActivationStoreError) {
    var counts = StoreCounts()
    counts.promptCount = layout.units.promptCount
    counts.tokenCount = tokenCount
    counts.unitCount = layout.units.count
    counts.rowCount = layout.units.firstRows.last ?? 0
    var damaged: [Int] = []
    var missing: [Int] = []
    var nonFinite = [Int](repeating: 0, count: layout.datasets.count)
    try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
      for (unit, checksum) in try layout.checksums(in: file).enumerated() {
        guard checksum != 0 else {
          missing.append(unit)
          continue
        }
        let status = try layout.status(of: unit, in: file)
        counts.nonFinitePromptCount += status.count { $0 == RowStatus.nonFinite.rawValue }
        counts.overflowPromptCount += status.count { $0 == RowStatus.overflow.rawValue }
        let isClean = status.allSatisfy { $0 == RowStatus.whole.rawValue }
        let found = try unsafe layout.readableChecksum(of: unit, in: file, buffer: buffer) {
          piece, dataset in
          if !isClean { unsafe nonFinite[dataset] += layout.storedType.countNonFinite(piece) }
        }
        if found != checksum { damaged.append(unit) }
      }
    }
    for (dataset, count) in zip(layout.datasets, nonFinite) where count > 0 {
      counts.nonFiniteValues[dataset.name] = count
    }
    self.damagedUnits = damaged
    self.missingUnits = missing
    self.unitCount = layout.units.count
    self.damagedPrompts = damaged.map(layout.units.prompts)
    self.counts = counts
    self.fileDigest = try Self.digest(of: file)
  }

  private static func digest(of file: StoreFile) throws(ActivationStoreError) -> String {
    let byteCount = try file.byteCount()
    return try unsafe Digest.sha256 {
      (update: (UnsafeRawBufferPointer) -> Void) throws(ActivationStoreError) in
      try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
        for first in stride(from: 0, to: byteCount, by: buffer.count) {
          let piece = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<min(buffer.count, byteCount - first)])
          try unsafe file.read(into: piece, at: first)
          unsafe update(UnsafeRawBufferPointer(piece))
        }
      }
    }
  }

  private static func recordedDigest(in path: String) throws(ActivationStoreError) -> String? {
    let file: StoreFile
    do throws(ActivationStoreError) {
      file = try StoreFile(reading: path)
    } catch .notFound {
      return nil
    }
    // A manifest is a page of text; whatever is larger is none.
    let bytes: [UInt8] = try file.values(count: min(file.byteCount(), 1 << 20), at: 0)
    let json = try? JSONValue.parse(bytes)
    guard let digest = json?.asObject?["sha256"]?.asString?.string else {
      throw .malformed(
        path: path, object: "sha256", found: "missing", expected: "the store's digest")
    }
    return digest
  }
}

extension StoreLayout {
  /// The checksum of a unit, or nil where what is stored of it cannot even be unpacked.
  fileprivate func readableChecksum(
    of unit: Int, in file: StoreFile, buffer: UnsafeMutableRawBufferPointer,
    visit: (UnsafeRawBufferPointer, Int) -> Void
  ) throws(ActivationStoreError) -> UInt32? {
    do throws(ActivationStoreError) {
      return try unsafe checksum(of: unit, in: file, buffer: buffer, visit: visit)
    } catch .hdf5 {
      return nil
    }
  }
}

extension StoredType {
  /// How many stored values are NaN or infinite.
  func countNonFinite(_ bytes: UnsafeRawBufferPointer) -> Int {
    let values = unsafe [Float](unsafeUninitializedCapacity: bytes.count / byteCount) {
      room, count in
      count = bytes.count / byteCount
      unsafe widen(bytes, into: UnsafeMutableBufferPointer(rebasing: room[..<count]))
    }
    return unsafe ck_count_non_finite(values, values.count)
  }
}
