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
    for (path, values) in description.texts.sorted(by: { $0.key < $1.key })
    where path.starts(with: "/prompts/") {
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

  func hexadecimal(
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

  func values<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ path: String, _ type: HDF5Type, count: Int?
  ) throws(ActivationStoreError) -> [Integer] {
    let extent = try extent(path, type, count: count)
    return try file.values(count: extent.shape[0], at: extent.offset)
  }

  func extent(
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

  func malformed(
    _ object: String, _ found: String, _ expected: String
  ) -> ActivationStoreError {
    .malformed(path: file.path, object: object, found: found, expected: expected)
  }
}

extension ByteString {
  /// Whether it starts with the bytes of a text.
  func starts(with text: String) -> Bool {
    bytes.starts(with: text.utf8)
  }
}
