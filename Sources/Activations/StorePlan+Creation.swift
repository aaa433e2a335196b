import ModelFiles

/// The values of one dataset that is known before the run.
enum StoreTable: Equatable, Sendable {
  case int32([Int32])
  case int64([Int])
  case uint8([UInt8])
  case uint32([UInt32])
  case text([String])
  case digest([String])
  /// Values that come later; zero until then.
  case zeros(HDF5Type, count: Int)

  var type: HDF5Type {
    switch self {
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint32: .uint32
    case .text: .text
    case .digest: .digest
    case .zeros(let type, _): type
    }
  }

  var count: Int {
    switch self {
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    case .uint32(let values): values.count
    case .text(let values), .digest(let values): values.count
    case .zeros(_, let count): count
    }
  }
}

extension StorePlan {
  /// Every dataset but the activations.
  ///
  /// - Parameter merged: the rows of a store that is written in one go, whose status is known.
  /// - Returns: the datasets by path, in the order in which they are made.
  func tables(of merged: MergedRows? = nil) -> [(path: String, table: StoreTable)] {
    // In the order in which a reader finds the columns, so that a store made of shards, which know no
    // other, has the bytes of one that was made of the prompt file.
    let columns = prompts.columns.map {
      (path: "/prompts/\(StoreColumn.datasetName($0.name))", table: StoreTable.text($0.values))
    }
    var tables = columns.sorted { ByteString($0.path) < ByteString($1.path) }
    if let texts = prompts.texts { tables.append((StorePath.text, .text(texts))) }
    tables += [
      (StorePath.textDigest, .digest(prompts.textDigests)),
      (StorePath.tokenOffset, .int64(tokens.offsets)),
      (
        StorePath.status, merged.map { .uint8($0.status) } ?? .zeros(.uint8, count: prompts.count)
      ),
      (StorePath.tokenID, .int32(tokens.ids)),
      (StorePath.tokenRole, .uint8(tokens.roles)),
      (StorePath.rowPrompt, .int32(rows.prompts)),
      (StorePath.rowPosition, .int32(rows.positions)),
      (StorePath.rowRole, .uint8(rows.roles)),
      (
        StorePath.checksum,
        merged.map { .uint32($0.checksums) } ?? .zeros(.uint32, count: units.count)
      ),
      (StorePath.firstRow, .int64(units.firstRows)),
    ]
    return tables
  }

  /// Makes the HDF5 file with everything in it but the rows.
  ///
  /// - Parameters:
  ///   - path: the file, which loses what it has.
  ///   - form: how the rows are to lie.
  ///   - merged: the rows of a store that is written in one go.
  /// - Throws: an error when HDF5 cannot write it.
  func create(
    at path: String, as form: StoreForm = .plain, of merged: MergedRows? = nil
  ) throws(ActivationStoreError) {
    // A commit unit's rows then start a page where their width allows, so that no page holds both
    // old and new rows. In the other forms nothing is written to its place later.
    let alignment = form == .plain ? 4096 : 1
    try HDF5.building(path) { () throws(ActivationStoreError) in
      let file = try HDF5File(creating: path, alignment: alignment)
      try makeGroups(file)
      try setAttributes(file)
      for (path, table) in tables(of: merged) { try write(table, to: path, in: file) }
      let sources = merged?.sources ?? []
      if form == .virtual {
        try file.makeGroup("/sources")
        for (path, table) in sources.tables { try write(table, to: path, in: file) }
      }
      for dataset in datasets {
        try make(dataset, storage(of: dataset, as: form, sources: sources), in: file)
      }
      try file.finish()
    }
  }

  private func makeGroups(_ file: borrowing HDF5File) throws(ActivationStoreError) {
    for group in ["/provenance", "/prompts", "/tokens", "/rows", "/activations", "/commit"] {
      try file.makeGroup(group)
    }
    for site in Set(datasets.filter { $0.layer != nil }.map(\.site)).sorted() {
      try file.makeGroup("/activations/\(site)")
    }
  }

  private func setAttributes(_ file: borrowing HDF5File) throws(ActivationStoreError) {
    try file.setAttribute("format", of: "/", StoreStructure.format)
    try file.setAttribute("schema", of: "/", [StoreStructure.schema], isScalar: true)
    try file.setAttribute("identity", of: "/", identity.text)
    try file.setAttribute("identity_sha256", of: "/", identity.digest)
    try file.setAttribute("shard", of: "/", [shard.lowerBound, shard.upperBound])
    for (name, value) in provenance.json.members {
      let text = String(decoding: value.text(), as: UTF8.self)
      try file.setAttribute(name.string, of: "/provenance", text)
    }
  }

  private func write(
    _ table: StoreTable, to path: String, in file: borrowing HDF5File
  ) throws(ActivationStoreError) {
    let dataset = try file.makeDataset(path, table.type, shape: [table.count])
    switch table {
    case .int32(let values): try file.write(values, .int32, to: dataset, named: path)
    case .int64(let values): try file.write(values, .int64, to: dataset, named: path)
    case .uint8(let values): try file.write(values, .uint8, to: dataset, named: path)
    case .uint32(let values): try file.write(values, .uint32, to: dataset, named: path)
    case .text(let texts): try file.write(texts, to: dataset, named: path)
    case .digest(let digests):
      try file.write(digests.flatMap(\.utf8), .digest, to: dataset, named: path)
    case .zeros: break
    }
    try dataset.closed(path: file.path, step: "writing \(path)")
  }

  private func make(
    _ dataset: ActivationDataset, _ storage: HDF5Storage, in file: borrowing HDF5File
  ) throws(ActivationStoreError) {
    let path = dataset.path
    try file.makeDataset(
      path, identity.storedType.hdf5, shape: [rows.count, dataset.width], storage
    ).closed(path: file.path, step: "creating \(path)")
    try file.setAttribute("site", of: path, dataset.site)
    if let layer = dataset.layer {
      try file.setAttribute("layer", of: path, [layer], isScalar: true)
    }
    try file.setAttribute("width", of: path, [dataset.width], isScalar: true)
    try file.setAttribute("dtype", of: path, identity.storedType.name)
  }
}
