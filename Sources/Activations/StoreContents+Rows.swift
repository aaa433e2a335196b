import ModelFiles

extension StoreContents {
  typealias Activation = (dataset: ActivationDataset, extent: HDF5Extent)

  /// The datasets that hold rows, in the order of their paths.
  func activations(rowCount: Int) throws(ActivationStoreError) -> [Activation] {
    let storedType = description.identity.storedType
    var activations: [Activation] = []
    for (path, extent) in description.extents.sorted(by: { $0.key < $1.key }) {
      guard path.starts(with: "/activations/") else { continue }
      guard extent.type == storedType.hdf5, extent.shape.count == 2, extent.shape[0] == rowCount
      else {
        throw malformed(
          path.string, "\(extent.type.map { "\($0)" } ?? "another type") \(extent.shape)",
          "\(storedType.name) [\(rowCount), width]")
      }
      guard let dataset = ActivationDataset(path: path, width: extent.shape[1]) else {
        throw malformed(path.string, "a strange name", "a site, or site/layer_NN")
      }
      activations.append((dataset, extent))
    }
    guard !activations.isEmpty else { throw malformed("/activations", "empty", "datasets") }
    return activations
  }

  /// Where the rows are read from, all datasets in the same way.
  func storage(
    of activations: [Activation], units: CommitUnits
  ) throws(ActivationStoreError) -> StoredRows {
    switch activations[0].extent.storage {
    case .contiguous:
      for (dataset, extent) in activations where extent.storage != .contiguous {
        throw malformed(dataset.path, "stored in another way", "in one run like the others")
      }
      return .contiguous(file, offsets: activations.map(\.extent.offset))
    case .packed:
      var packed: [PackedRows.Dataset] = []
      for (dataset, extent) in activations {
        guard case .packed(let rowsPerChunk, dataset.width) = extent.storage else {
          throw malformed(dataset.path, "stored in another way", "packed in whole rows")
        }
        packed.append(
          PackedRows.Dataset(
            path: ByteString(dataset.path), shape: extent.shape, rowsPerChunk: rowsPerChunk))
      }
      return .packed(
        PackedRows(file, storedType: description.identity.storedType, datasets: packed))
    case .mapped:
      guard mayBeVirtual else {
        throw .forbidden(
          path: file.path, object: ByteString(activations[0].dataset.path), .virtualStorage)
      }
      return try joined(activations, units: units)
    }
  }

  private func joined(
    _ activations: [Activation], units: CommitUnits
  ) throws(ActivationStoreError) -> StoredRows {
    let opened = try SourceOpening(
      file: file, description: description, datasets: activations.map(\.dataset), units: units,
      checksums: values(StorePath.checksum, .uint32, count: units.count)
    ).open(sources())
    for (dataset, extent) in activations {
      let mappings = opened.map {
        HDF5Mapping(
          file: ByteString($0.source.name), dataset: ByteString(dataset.path), rows: $0.rows,
          width: dataset.width)
      }
      guard extent.storage == .mapped(mappings),
        opened.reduce(0, { $0 + $1.rows.count }) == extent.shape[0]
      else { throw malformed(dataset.path, "put together otherwise", "all rows of /sources") }
    }
    return .joined(opened)
  }

  /// What a virtual store's file tells of the stores that its rows come from.
  private func sources() throws(ActivationStoreError) -> [StoreSource] {
    let names = description.texts[ByteString(StorePath.sourceFile)] ?? []
    let byteCounts: [Int] = try values(StorePath.sourceByteCount, .int64, count: names.count)
    let digests = try hexadecimal(
      extent(StorePath.sourceDigest, .digest, count: names.count), StorePath.sourceDigest)
    let firsts: [Int] = try values(StorePath.sourceFirst, .int64, count: names.count)
    let ends: [Int] = try values(StorePath.sourceEnd, .int64, count: names.count)
    var end = description.shard.lowerBound
    for (first, next) in zip(firsts, ends) {
      guard
        end <= first, first <= next, next <= description.shard.upperBound,
        (first - description.shard.lowerBound) % CommitUnits.promptsPerUnit == 0
      else {
        throw malformed(
          StorePath.sourceFirst, "\(firsts)", "the starts of shards in \(description.shard)")
      }
      end = next
    }
    return names.indices.map {
      StoreSource(
        name: names[$0], byteCount: byteCounts[$0], digest: digests[$0],
        shard: firsts[$0]..<ends[$0])
    }
  }
}

extension ActivationDataset {
  /// Reads a dataset's path, or returns nil when it is not written as we write it.
  fileprivate init?(path: ByteString, width: Int) {
    guard width > 0 else { return nil }
    let parts = path.string.split(separator: "/").dropFirst()
    guard let site = parts.first, parts.count <= 2 else { return nil }
    var layer: Int?
    if parts.count == 2 {
      guard let last = parts.last, last.hasPrefix("layer_"), let number = Int(last.dropFirst(6))
      else { return nil }
      layer = number
    }
    self.init(site: String(site), layer: layer, width: width)
    guard ByteString(self.path) == path else { return nil }
  }
}
