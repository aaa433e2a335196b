import CKernels
import Synchronization

extension ActivationWriter {
  /// Writes consecutive rows of one dataset.
  ///
  /// Rows may come in runs of any length and in any order, each row once; different threads may write at
  /// the same time. Rows of units that were whole when the writer was made are passed over, so a batch
  /// may straddle them. The unit whose last row this is becomes whole.
  ///
  /// - Parameters:
  ///   - values: `[row, width]`.
  ///   - site: the dataset's site.
  ///   - layer: the dataset's layer, nil for a site outside the blocks.
  ///   - firstRow: the index of the first of the rows among all.
  /// - Throws: an error when a value does not fit or the file cannot be written.
  public func write(
    _ values: Span<Float>, site: String, layer: Int?, firstRow: Int
  ) throws(ActivationStoreError) {
    guard
      let dataset = layout.datasets.firstIndex(where: { $0.site == site && $0.layer == layer })
    else {
      preconditionFailure("\(site) of layer \(layer.map { "\($0)" } ?? "none") is not planned")
    }
    let width = layout.datasets[dataset].width
    let rows = firstRow..<firstRow + values.count / width
    precondition(
      values.count % width == 0 && firstRow >= 0 && rows.upperBound <= plan.rows.count,
      "\(values.count) values of width \(width) from row \(firstRow) of \(plan.rows.count)")
    var next = firstRow
    while next < rows.upperBound {
      let unit = layout.units.unit(ofRow: next)
      let piece = next..<min(rows.upperBound, layout.units.rows(of: unit).upperBound)
      let first = (piece.lowerBound - firstRow) * width
      try write(
        values.extracting(first..<first + piece.count * width), rows: piece, of: dataset,
        unit: unit)
      next = piece.upperBound
    }
    try synchronizeIfDue()
  }

  /// Writes rows of one unit and commits the unit if it is whole with them.
  private func write(
    _ values: Span<Float>, rows: Range<Int>, of dataset: Int, unit: Int
  ) throws(ActivationStoreError) {
    let isMissing = try state.withLock { (state) throws(ActivationStoreError) in
      if let failure = state.failure { throw failure }
      return state.ledgers[unit] != nil
    }
    guard isMissing else { return }
    let (checksum, marks) = try store(values, rows: rows, of: dataset, unit: unit)
    let rowByteCount = layout.rowByteCount(dataset)
    let complete = state.withLock { state -> UnitLedger? in
      state.ledgers[unit]?.add(
        rows, of: dataset, rowByteCount: rowByteCount, checksum: checksum, marks: marks)
      state.pendingBytes += rows.count * rowByteCount
      return state.ledgers[unit].flatMap { $0.isComplete ? $0 : nil }
    }
    if let complete { try commit(unit, complete) }
  }

  /// Converts rows and puts them in their place, a piece at a time.
  private func store(
    _ values: Span<Float>, rows: Range<Int>, of dataset: Int, unit: Int
  ) throws(ActivationStoreError) -> (checksum: UInt32, marks: PromptMarks) {
    let rowByteCount = layout.rowByteCount(dataset)
    let width = layout.datasets[dataset].width
    let rowsPerPiece = max(1, pieceByteCount / rowByteCount)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(rowsPerPiece, rows.count) * rowByteCount, alignment: 64)
    defer { unsafe bytes.deallocate() }
    var checksum: UInt32 = 0
    var marks = PromptMarks()
    var next = rows.lowerBound
    while next < rows.upperBound {
      let piece = next..<min(next + rowsPerPiece, rows.upperBound)
      for row in piece {
        let first = (row - rows.lowerBound) * width
        let place = (row - piece.lowerBound) * rowByteCount
        let room = unsafe UnsafeMutableRawBufferPointer(
          rebasing: bytes[place..<place + rowByteCount])
        let source = values.extracting(first..<first + width)
        let met = unsafe layout.storedType.narrow(source, into: room)
        try mark(met, row: row, of: dataset, unit: unit, source, in: &marks)
      }
      let stored = unsafe UnsafeRawBufferPointer(
        rebasing: bytes[..<(piece.count * rowByteCount)])
      checksum = unsafe ck_crc32c(checksum, stored.baseAddress, stored.count)
      do throws(ActivationStoreError) {
        try unsafe file.write(stored, at: layout.bytes(of: piece, in: dataset).lowerBound)
      } catch {
        throw remember(error)
      }
      next = piece.upperBound
    }
    return (checksum, marks)
  }

  private func mark(
    _ met: ck_narrowing, row: Int, of dataset: Int, unit: Int, _ values: Span<Float>,
    in marks: inout PromptMarks
  ) throws(ActivationStoreError) {
    guard met.non_finite + met.overflowed > 0 else { return }
    let prompt = Int(plan.rows.prompts[row])
    let bit: UInt64 = 1 << UInt64(prompt - layout.units.prompts(of: unit).lowerBound)
    if met.non_finite > 0 { marks.nonFinite |= bit }
    guard met.overflowed > 0 else { return }
    marks.overflowed |= bit
    guard case .refuse = overflow else { return }
    let largest = values.indices.map { values[$0] }.filter(\.isFinite)
      .max { $0.magnitude < $1.magnitude }
    throw .overflow(
      path: path, layout.datasets[dataset], prompt: plan.shard.lowerBound + prompt,
      value: largest ?? 0, stored: layout.storedType)
  }

  /// Declares a unit whole, all of whose rows are in the file.
  func commit(_ unit: Int, _ ledger: UnitLedger) throws(ActivationStoreError) {
    let status = ledger.status(promptCount: layout.units.prompts(of: unit).count)
    let checksum = ledger.checksum(
      rowByteCounts: layout.datasets.indices.map(layout.rowByteCount), status: status)
    try commit(unit, status: status, checksum: checksum)
  }

  /// Declares a unit whole with a status and a checksum that are known.
  func commit(
    _ unit: Int, status: [UInt8], checksum: UInt32
  ) throws(ActivationStoreError) {
    do throws(ActivationStoreError) {
      try file.write(status, at: layout.statusBytes(of: unit).lowerBound)
      try file.write([checksum], at: layout.checksumOffset(of: unit))
    } catch {
      throw remember(error)
    }
    state.withLock { state in
      state.ledgers[unit] = nil
      state.wholeUnitCount += 1
    }
  }
}
