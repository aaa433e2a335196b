import ModelFiles

/// Reads and checks the tables of a store at the places where its description says they lie.
struct StoreContents {
  let file: StoreFile
  let description: StoreDescription

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
    return PromptTable(columns: columns, textDigests: try hexadecimal(digests), texts: texts)
  }

  private func hexadecimal(_ extent: HDF5Extent) throws(ActivationStoreError) -> [String] {
    let digits: [UInt8] = try file.values(count: extent.byteCount, at: extent.offset)
    let isHexadecimal = digits.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard isHexadecimal else {
      throw malformed(StorePath.textDigest, "something else", "64 hexadecimal digits each")
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
    let storedType = description.identity.storedType
    var datasets: [ActivationDataset] = []
    var offsets: [Int] = []
    for (path, extent) in description.extents.sorted(by: { $0.key < $1.key }) {
      guard path.starts(with: "/activations/") else { continue }
      guard extent.type == storedType.hdf5, extent.shape.count == 2, extent.shape[0] == rows.count
      else {
        throw malformed(
          path.string, "\(extent.type.map { "\($0)" } ?? "another type") \(extent.shape)",
          "\(storedType.name) [\(rows.count), width]")
      }
      guard let dataset = ActivationDataset(path: path, width: extent.shape[1]) else {
        throw malformed(path.string, "a strange name", "a site, or site/layer_NN")
      }
      datasets.append(dataset)
      offsets.append(extent.offset)
    }
    guard !datasets.isEmpty else { throw malformed("/activations", "empty", "datasets") }
    let units = CommitUnits(promptCount: promptCount, rowPrompts: rows.prompts)
    let firstRows: [Int] = try values(StorePath.firstRow, .int64, count: units.firstRows.count)
    guard firstRows == units.firstRows else {
      throw malformed(StorePath.firstRow, "\(firstRows)", "\(units.firstRows)")
    }
    return StoreLayout(
      datasets: datasets, offsets: offsets, storedType: storedType,
      statusOffset: try extent(StorePath.status, .uint8, count: promptCount).offset,
      checksumOffset: try extent(StorePath.checksum, .uint32, count: units.count).offset,
      units: units)
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
