import ModelFiles

/// A store that rows of a virtual store come from, as the virtual store's file tells of it.
struct StoreSource: Sendable, Equatable {
  /// The most of them that a virtual store may have: whoever reads it has all of them open.
  static let limit = 256

  /// The file, as seen from the virtual store's folder.
  let name: String
  /// The bytes of the file.
  let byteCount: Int
  /// The SHA-256 of the file's bytes, in hexadecimal.
  let digest: String
  /// Which prompts of the whole it holds.
  let shard: Range<Int>
}

/// A source that is open and is the store that it should be.
struct OpenedSource: Sendable {
  let source: StoreSource
  let file: StoreFile
  /// Where its rows are read from.
  let storage: StoredRows
  /// Which rows of the virtual store they are.
  let rows: Range<Int>
}

/// Opens the sources of a virtual store, each of which has to be what its file says.
///
/// HDF5 gives NaN for the rows of a source that is missing, takes another file's where one of that name
/// lies in the current folder, and says nothing. So nothing is read before all of them are there.
struct SourceOpening {
  let file: StoreFile
  let description: StoreDescription
  let datasets: [ActivationDataset]
  let units: CommitUnits
  let checksums: [UInt32]

  func open(_ sources: [StoreSource]) throws(ActivationStoreError) -> [OpenedSource] {
    guard let folder = SourceFolder(of: file.path) else { throw .replaced(path: file.path) }
    var opened: [OpenedSource] = []
    for source in sources {
      guard let path = folder.file(named: source.name) else {
        throw .forbidden(
          path: file.path, object: ByteString(StorePath.sourceFile),
          .sourceOutside(ByteString(source.name)))
      }
      opened.append(try open(source, at: path))
    }
    return opened
  }

  private func open(
    _ source: StoreSource, at path: String
  ) throws(ActivationStoreError) -> OpenedSource {
    let file: StoreFile
    do throws(ActivationStoreError) {
      file = try StoreFile(reading: path)
    } catch .notFound {
      throw fault(source, .missing)
    }
    let byteCount = try file.byteCount()
    guard byteCount == source.byteCount else {
      throw fault(source, .size(found: byteCount, expected: source.byteCount))
    }
    let structure = try StoreStructure(file, mayBeVirtual: false)
    let its = units.units(of: source.shard, in: description.shard)
    let rows = units.firstRows[its.lowerBound]..<units.firstRows[its.upperBound]
    guard
      structure.identity == description.identity, structure.provenance == description.provenance,
      structure.shard == source.shard, structure.layout.datasets == datasets,
      structure.rows.count == rows.count,
      try structure.layout.checksums(in: file).elementsEqual(checksums[its])
    else { throw fault(source, .other) }
    return OpenedSource(source: source, file: file, storage: structure.layout.storage, rows: rows)
  }

  private func fault(
    _ source: StoreSource, _ fault: ActivationStoreError.SourceFault
  ) -> ActivationStoreError {
    .source(path: file.path, name: source.name, fault)
  }
}
