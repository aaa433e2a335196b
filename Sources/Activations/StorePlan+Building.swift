import ModelFiles

/// Rows that are stored already, of all the prompts of a plan.
struct MergedRows: Sendable {
  /// The stores that have them, in order, without those that have none.
  let sources: [OpenedSource]
  /// The status of each prompt.
  let status: [UInt8]
  /// The checksum of each unit.
  let checksums: [UInt32]

  /// Where the rows are read from.
  var storage: StoredRows { .joined(sources) }
}

extension StorePlan {
  /// The bytes that are packed at a time, enough to be worth opening the file for.
  private static let packedByteCount = 1 << 22

  /// Writes a store in one go, in a form that cannot be filled bit by bit.
  ///
  /// Until it is whole the file has a name that stands for nothing; a run that is killed leaves it to the
  /// next to begin anew.
  ///
  /// - Parameters:
  ///   - place: the names the file goes by.
  ///   - form: how the rows are to lie.
  ///   - overwriting: whether a whole file may go.
  ///   - merged: the rows.
  ///   - conditions: how the run was made.
  ///   - advance: is told of bytes that were written; false ends the run.
  /// - Returns: what the manifest says, or nil for a run that was ended.
  /// - Throws: an error when the file cannot be made, or does not hold what was written.
  func build(
    at place: StorePlace, as form: StoreForm, overwriting: Bool, of merged: MergedRows,
    _ conditions: RunManifest.Conditions, advance: (Int) -> Bool
  ) throws(ActivationStoreError) -> RunManifest? {
    try place.demandFree(overwriting: overwriting)
    guard
      let file = try StoreFile.forUpdate(place.new, creating: true), try file.lock(),
      try file.isStillNamed(place.new)
    else { throw .held(path: place.final) }
    do throws(ActivationStoreError) {
      try demandRoom(at: place, as: form)
      try create(at: place.new, as: form, of: merged)
      if form == .packed, try !pack(merged, into: place.new, advance: advance) {
        place.remove(place.new)
        return nil
      }
      return try publish(
        file, layout: StoreStructure(file).layout, at: place, overwriting: overwriting,
        conditions, keptUnitCount: 0)
    } catch {
      place.remove(place.new)
      throw error
    }
  }

  private func pack(
    _ merged: MergedRows, into path: String, advance: (Int) -> Bool
  ) throws(ActivationStoreError) -> Bool {
    let type = identity.storedType
    for (index, dataset) in datasets.enumerated() {
      guard case .packed(let rowsPerChunk, let width) = storage(of: dataset, as: .packed) else {
        continue
      }
      let rowByteCount = width * type.byteCount
      let rowsPerRun = rowsPerChunk * max(1, Self.packedByteCount / (rowsPerChunk * rowByteCount))
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(rowsPerRun, rows.count) * rowByteCount, alignment: 64)
      defer { unsafe buffer.deallocate() }
      for first in stride(from: 0, to: rows.count, by: rowsPerRun) {
        let run = first..<min(first + rowsPerRun, rows.count)
        let room = unsafe UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<(run.count * rowByteCount)])
        try unsafe merged.storage.read(
          into: room, at: first * rowByteCount, of: index, rowByteCount: rowByteCount)
        try HDF5.building(path) { () throws(ActivationStoreError) in
          let file = try HDF5File(updating: path)
          try unsafe file.write(
            UnsafeRawBufferPointer(room), to: run, of: ByteString(dataset.path),
            shape: [rows.count, width], type.hdf5)
          try file.finish()
        }
        guard advance(room.count) else { return false }
      }
    }
    return true
  }
}
