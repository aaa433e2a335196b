import ModelFiles

/// Reads and checks the tables of a store at the places where its description says they lie.
struct StoreContents {
  let file: StoreFile
  let description: StoreDescription
  /// Whether its rows may come from other files.
  let mayBeVirtual: Bool

  func prompts() throws(ActivationStoreError) -> PromptTable {
    let digests = try extent(StorePath.textDigest, .digest)
    let count = digests.shape[0]
    guard count == description.shard.count else {
      throw malformed(StorePath.textDigest, "\(count) entries", "\(description.shard.count)")
    }
    var columns: [PromptColumn] = []
    var texts: [String]?
    var heap = try TextHeap(file)
    for (path, extent) in description.extents.sorted(by: { $0.key < $1.key }) {
      guard path.starts(with: "/prompts/"), extent.type == .text, extent.shape.count == 1 else {
        continue
      }
      let values = try heap.texts(of: path, extent)
      guard values.count == count else {
        throw malformed(path.string, "\(values.count) entries", "\(count)")
      }
      let dataset = ByteString(path.bytes.dropFirst("/prompts/".utf8.count))
      if let name = StoreColumn.name(ofDataset: dataset) {
        columns.append(PromptColumn(name: name, values: values))
      } else if path == ByteString(StorePath.text) {
        texts = values
      }
    }
    guard (texts != nil) == description.identity.storesText else {
      throw malformed(
        StorePath.text, texts == nil ? "missing" : "there", "as the identity's store_text says")
    }
    return PromptTable(
      columns: columns, textDigests: try hexadecimal(digests, StorePath.textDigest), texts: texts)
  }

  private func hexadecimal(
    _ extent: HDF5Extent, _ path: String
  ) throws(ActivationStoreError) -> [String] {
    let digits: [UInt8] = try file.values(count: extent.byteCount, at: extent.offset)
    let isHexadecimal = digits.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard isHexadecimal else {
      throw malformed(path, "something else", "64 hexadecimal digits each")
    }
    return (0..<extent.shape[0]).map { entry in
      String(decoding: digits[entry * 64..<(entry + 1) * 64], as: UTF8.self)
    }
  }

  func tokens(promptCount: Int) throws(ActivationStoreError) -> TokenTable {
    let offsets: [Int] = try values(StorePath.tokenOffset, .int64, count: promptCount + 1)
    let ids: [Int32] = try values(StorePath.tokenID, .int32, count: nil)
    let roles: [UInt8] = try values(StorePath.tokenRole, .uint8, count: ids.count)
    guard
      offsets.first == 0, offsets.last == ids.count,
      zip(offsets, offsets.dropFirst()).allSatisfy(<=)
    else {
      throw malformed(
        StorePath.tokenOffset, "out of order", "ascending from 0 to \(ids.count)")
    }
    return TokenTable(offsets: offsets, ids: ids, roles: roles)
  }

  func rows(promptCount: Int) throws(ActivationStoreError) -> RowTable {
    let prompts: [Int32] = try values(StorePath.rowPrompt, .int32, count: nil)
    let positions: [Int32] = try values(StorePath.rowPosition, .int32, count: prompts.count)
    let roles: [UInt8] = try values(StorePath.rowRole, .uint8, count: prompts.count)
    for row in prompts.indices {
      let isOrdered =
        row == 0 || (prompts[row - 1], positions[row - 1]) <= (prompts[row], positions[row])
      guard isOrdered, 0 <= prompts[row], Int(prompts[row]) < promptCount, positions[row] >= -1
      else {
        throw malformed(
          StorePath.rowPrompt, "prompt \(prompts[row]), position \(positions[row]) in row \(row)",
          "one of \(promptCount) prompts, in order")
      }
    }
    return RowTable(prompts: prompts, positions: positions, roles: roles)
  }

  func layout(promptCount: Int, rows: RowTable) throws(ActivationStoreError) -> StoreLayout {
    let activations = try activations(rowCount: rows.count)
    let units = CommitUnits(promptCount: promptCount, rowPrompts: rows.prompts)
    let firstRows: [Int] = try values(StorePath.firstRow, .int64, count: units.firstRows.count)
    guard firstRows == units.firstRows else {
      throw malformed(StorePath.firstRow, "\(firstRows)", "\(units.firstRows)")
    }
    return StoreLayout(
      datasets: activations.map(\.dataset),
      storage: try storage(of: activations, units: units),
      storedType: description.identity.storedType,
      statusOffset: try extent(StorePath.status, .uint8, count: promptCount).offset,
      checksumOffset: try extent(StorePath.checksum, .uint32, count: units.count).offset,
      units: units)
  }

  private typealias Activation = (dataset: ActivationDataset, extent: HDF5Extent)

  private func activations(rowCount: Int) throws(ActivationStoreError) -> [Activation] {
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
  private func storage(
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
    let path = ByteString(StorePath.sourceFile)
    var heap = try TextHeap(file)
    var names: [String] = []
    if let extent = description.extents[path] {
      guard extent.type == .text, extent.shape.count == 1 else {
        throw malformed(path.string, "of another type", "texts")
      }
      names = try heap.texts(of: path, extent)
    }
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

  private func values<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ path: String, _ type: HDF5Type, count: Int?
  ) throws(ActivationStoreError) -> [Integer] {
    let extent = try extent(path, type, count: count)
    return try file.values(count: extent.shape[0], at: extent.offset)
  }

  private func extent(
    _ path: String, _ type: HDF5Type, count: Int? = nil
  ) throws(ActivationStoreError) -> HDF5Extent {
    guard let extent = description.extents[ByteString(path)] else {
      throw malformed(path, "missing", "\(type)")
    }
    guard
      extent.type == type, extent.shape.count == 1, count == nil || extent.shape[0] == count
    else {
      throw malformed(
        path, "\(extent.type.map { "\($0)" } ?? "another type") \(extent.shape)",
        "\(type) [\(count.map { "\($0)" } ?? "count")]")
    }
    return extent
  }

  private func malformed(
    _ object: String, _ found: String, _ expected: String
  ) -> ActivationStoreError {
    .malformed(path: file.path, object: object, found: found, expected: expected)
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

extension ByteString {
  /// Whether it starts with the bytes of a text.
  func starts(with text: String) -> Bool {
    bytes.starts(with: text.utf8)
  }
}
