extension StoreMerge {
  /// Checks every byte of the stores and writes the merged one.
  ///
  /// A plain store that was interrupted is taken up where it was; the other forms are begun anew.
  ///
  /// - Parameters:
  ///   - path: where the whole file will be.
  ///   - form: how the rows are to lie.
  ///   - overwriting: whether a whole file there may go.
  ///   - conditions: how the run was made.
  ///   - shouldStop: whether the run is to end early.
  ///   - onProgress: is told the bytes done and those of the whole run.
  /// - Returns: what the manifest says, or nil for a run that ended early.
  /// - Throws: an error when a store is damaged or unfinished, or the file cannot be made.
  public func write(
    to path: String, as form: StoreForm, overwriting: Bool = false,
    _ conditions: RunManifest.Conditions, shouldStop: () -> Bool = { false },
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws(ActivationStoreError) -> RunManifest? {
    let place = StorePlace(path)
    try place.demandFree(overwriting: overwriting)
    try demandIsNoSource(path)
    let names = form == .virtual ? try names(besides: path) : stores.map(\.path)
    var done = 0
    func advance(_ byteCount: Int) -> Bool {
      done += byteCount
      onProgress(done, (form == .virtual ? 1 : 2) * plan.activationByteCount)
      return !shouldStop()
    }
    var sources: [StoreSource] = []
    for (store, name) in zip(stores, names) {
      let check = try StoreVerification(store)
      try check.demandWhole(path: store.path)
      sources.append(
        StoreSource(
          name: name, byteCount: try store.file.byteCount(), digest: check.fileDigest,
          shard: store.shard))
      guard advance(store.activationByteCount) else { return nil }
    }
    var conditions = conditions
    conditions.sources = sources
    let merged = try MergedRows(stores, sources, units: plan.units, whole: plan.shard)
    guard form == .plain else {
      return try plan.build(
        at: place, as: form, overwriting: overwriting, of: merged, conditions, advance: advance)
    }
    let writer = try ActivationWriter(plan, path: path, overwriting: overwriting)
    for unit in writer.missingUnits {
      try writer.copy(
        unit, from: merged.storage, status: Array(merged.status[plan.units.prompts(of: unit)]),
        checksum: merged.checksums[unit])
      guard advance(plan.byteCount(of: unit)) else {
        try writer.synchronize()
        return nil
      }
    }
    return try writer.finish(conditions)
  }

  /// An output must not take the place of what it is made from.
  private func demandIsNoSource(_ path: String) throws(ActivationStoreError) {
    for store in stores {
      var files = [store.file]
      if case .joined(let sources) = store.layout.storage { files += sources.map(\.file) }
      for file in files where try file.isStillNamed(path) {
        throw .merge(path: path, .isOutput)
      }
    }
  }

  /// The names by which a virtual store can find the stores.
  private func names(besides path: String) throws(ActivationStoreError) -> [String] {
    let limit = min(StoreSource.limit, StorePlace.openFileLimit() / 2)
    guard stores.count <= limit else {
      throw .tooManySources(path: path, count: stores.count, limit: limit)
    }
    let folder = SourceFolder(ofNew: path)
    var names: [String] = []
    for store in stores {
      guard store.form != .virtual else { throw .merge(path: store.path, .isVirtual) }
      guard let name = folder?.name(of: store.path) else {
        throw .merge(path: store.path, .elsewhere(output: path))
      }
      names.append(name)
    }
    return names
  }
}

extension MergedRows {
  /// The rows of stores that are in order and whole.
  fileprivate init(
    _ stores: [ActivationStore], _ sources: [StoreSource], units: CommitUnits, whole: Range<Int>
  ) throws(ActivationStoreError) {
    var opened: [OpenedSource] = []
    var status: [UInt8] = []
    var checksums: [UInt32] = []
    for (store, source) in zip(stores, sources) where !store.shard.isEmpty {
      status += try store.file.values(count: store.prompts.count, at: store.layout.statusOffset)
      checksums += try store.layout.checksums(in: store.file)
      let its = units.units(of: store.shard, in: whole)
      let rows = units.firstRows[its.lowerBound]..<units.firstRows[its.upperBound]
      guard !rows.isEmpty else { continue }
      opened.append(
        OpenedSource(
          source: source, file: store.file, storage: store.layout.storage, rows: rows))
    }
    self.init(sources: opened, status: status, checksums: checksums)
  }
}

extension StorePlan {
  fileprivate func byteCount(of unit: Int) -> Int {
    datasets.reduce(0) { $0 + $1.width } * units.rows(of: unit).count
      * identity.storedType.byteCount
  }
}

extension ActivationStore {
  fileprivate var activationByteCount: Int {
    datasets.reduce(0) { $0 + $1.width } * rows.count * identity.storedType.byteCount
  }
}
