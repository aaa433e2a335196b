import Synchronization

extension ActivationWriter {
  /// Takes a unit over as it is stored elsewhere.
  ///
  /// What was copied is checked when the store is finished, like everything in it.
  ///
  /// - Parameters:
  ///   - unit: a missing unit.
  ///   - rows: where the rows of this plan can be read from.
  ///   - status: the status of the unit's prompts.
  ///   - checksum: the unit's checksum.
  /// - Throws: an error when rows cannot be read or written.
  func copy(
    _ unit: Int, from rows: StoredRows, status: [UInt8], checksum: UInt32
  ) throws(ActivationStoreError) {
    let its = layout.units.rows(of: unit)
    var byteCount = 0
    try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
      for dataset in layout.datasets.indices {
        let target = layout.bytes(of: its, in: dataset)
        try unsafe rows.withPieces(
          of: its, in: dataset, rowByteCount: layout.rowByteCount(dataset), buffer: buffer
        ) { (piece, start) throws(ActivationStoreError) in
          do throws(ActivationStoreError) {
            try unsafe file.write(piece, at: target.lowerBound + start)
          } catch {
            throw remember(error)
          }
        }
        byteCount += target.count
      }
    }
    try commit(unit, status: status, checksum: checksum)
    state.withLock { $0.pendingBytes += byteCount }
    try synchronizeIfDue()
  }
}
