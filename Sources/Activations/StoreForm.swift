import ModelFiles

/// The forms in which a store can hold its rows.
public enum StoreForm: String, Sendable {
  /// One run of bytes for each dataset.
  case plain
  /// Chunks that are packed to take less room.
  case packed
  /// Nothing of its own: the rows are those of other stores beside it.
  case virtual
}

extension StoredRows {
  /// The form of a store whose rows are read so.
  var form: StoreForm {
    switch self {
    case .contiguous: .plain
    case .packed: .packed
    case .joined: .virtual
    }
  }
}

extension StorePlan {
  /// The most rows of a chunk.
  private static let rowsPerChunk = 64
  /// The bytes that a chunk should stay within: what other programs keep of a dataset in memory.
  private static let chunkByteCount = 1 << 20

  /// How the rows of a dataset lie in a store of some form.
  func storage(
    of dataset: ActivationDataset, as form: StoreForm, sources: [OpenedSource] = []
  ) -> HDF5Storage {
    // No rows make neither chunks nor mappings.
    guard rows.count > 0 else { return .contiguous }
    switch form {
    case .plain: return .contiguous
    case .packed:
      let rowByteCount = dataset.width * identity.storedType.byteCount
      let most = min(Self.rowsPerChunk, rows.count)
      return .packed(
        rowsPerChunk: max(1, min(most, Self.chunkByteCount / rowByteCount)), width: dataset.width)
    case .virtual:
      return .mapped(
        sources.map {
          HDF5Mapping(
            file: ByteString($0.source.name), dataset: ByteString(dataset.path), rows: $0.rows,
            width: dataset.width)
        })
    }
  }
}

extension [OpenedSource] {
  /// What a virtual store's file tells of its sources.
  var tables: [(path: String, table: StoreTable)] {
    [
      (StorePath.sourceFile, .text(map(\.source.name))),
      (StorePath.sourceByteCount, .int64(map(\.source.byteCount))),
      (StorePath.sourceDigest, .digest(map(\.source.digest))),
      (StorePath.sourceFirst, .int64(map(\.source.shard.lowerBound))),
      (StorePath.sourceEnd, .int64(map(\.source.shard.upperBound))),
    ]
  }
}
