import CKernels
import Synchronization

/// Fills an activation store, from any number of threads, so that it can stop at any moment.
///
/// The file is `X.h5.part` until it is whole. It has its full size from the start; rows are written to
/// their places as they come, a commit unit's checksum after its last row, and whoever opens the same plan
/// again takes up after the units whose checksums hold. HDF5 is closed all the while, so any program may
/// read the unfinished file.
public final class ActivationWriter: Sendable {
  /// What is being written.
  public let plan: StorePlan
  /// Where the whole file will be.
  public var path: String { place.final }

  let place: StorePlace
  let file: StoreFile
  let layout: StoreLayout
  let isOverwriting: Bool
  let keptUnitCount: Int
  private let overflow: OverflowPolicy
  private let state: Mutex<State>

  /// What to do with values too large for the stored type.
  public enum OverflowPolicy: Sendable {
    /// Stop with an error that names a type they fit.
    case refuse
    /// Store infinity and mark the prompt.
    case record
  }

  /// The bytes after which, and the time after which, finished units are brought to the disk.
  private static let barrierBytes = 4 << 20
  private static let barrierInterval = Duration.seconds(1)

  private struct State {
    /// What has arrived of each unit; nil once it is whole.
    var ledgers: [UnitLedger?]
    var wholeUnitCount: Int
    /// Whole units that the disk has for certain.
    var durableUnitCount: Int
    var pendingBytes = 0
    var lastBarrier: ContinuousClock.Instant
    var isSynchronizing = false
    /// The first failure; nothing is written after it, since what the disk holds is not known any more.
    var failure: ActivationStoreError?
  }

  /// Begins a store, or takes one up that was begun with the same plan.
  ///
  /// - Parameters:
  ///   - plan: what goes where.
  ///   - path: where the whole file will be.
  ///   - overwriting: whether a whole file there, or an unfinished one of another capture, may go.
  ///   - overflow: what to do with values too large for the stored type.
  public init(
    _ plan: StorePlan, path: String, overwriting: Bool = false,
    overflow: OverflowPolicy = .refuse
  ) throws(ActivationStoreError) {
    let place = StorePlace(path)
    let (file, layout) = try plan.openPart(at: place, overwriting: overwriting)
    let whole = try Self.keepWholeUnits(of: layout, in: file)
    self.plan = plan
    self.place = place
    self.file = file
    self.layout = layout
    self.isOverwriting = overwriting
    self.overflow = overflow
    self.keptUnitCount = whole.count { $0 }
    let ledgers = whole.enumerated().map { unit, isWhole in
      isWhole
        ? nil
        : UnitLedger(
          datasetCount: layout.datasets.count, rowCount: layout.units.rows(of: unit).count)
    }
    self.state = Mutex(
      State(
        ledgers: ledgers, wholeUnitCount: keptUnitCount, durableUnitCount: keptUnitCount,
        lastBarrier: .now))
    for unit in missingUnits where layout.units.rows(of: unit).isEmpty {
      try commit(unit, UnitLedger(datasetCount: layout.datasets.count, rowCount: 0))
    }
  }

  /// Finds the units that hold what their checksums say, and takes the checksums of the others away.
  private static func keepWholeUnits(
    of layout: StoreLayout, in file: StoreFile
  ) throws(ActivationStoreError) -> [Bool] {
    let whole = try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
      try unsafe layout.wholeUnits(in: file, buffer: buffer)
    }
    for (unit, isWhole) in whole.enumerated() where !isWhole {
      try file.write([UInt32(0)], at: layout.checksumOffset(of: unit))
    }
    return whole
  }

  /// The units that rows are still missing of.
  public var missingUnits: [Int] {
    state.withLock { state in state.ledgers.indices.filter { state.ledgers[$0] != nil } }
  }

  /// How far the store is.
  public var progress: StoreProgress {
    state.withLock { state in
      StoreProgress(
        unitCount: state.ledgers.count, wholeUnitCount: state.wholeUnitCount,
        durableUnitCount: state.durableUnitCount)
    }
  }

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
  private func commit(_ unit: Int, _ ledger: UnitLedger) throws(ActivationStoreError) {
    let status = ledger.status(promptCount: layout.units.prompts(of: unit).count)
    let checksum = ledger.checksum(
      rowByteCounts: layout.datasets.indices.map(layout.rowByteCount), status: status)
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

  /// Brings the units that are whole to the disk.
  ///
  /// When this returns, no power cut can take them away.
  public func synchronize() throws(ActivationStoreError) {
    let whole = try state.withLock { (state) throws(ActivationStoreError) in
      if let failure = state.failure { throw failure }
      state.pendingBytes = 0
      state.lastBarrier = .now
      return state.wholeUnitCount
    }
    do throws(ActivationStoreError) {
      try file.synchronizeData()
    } catch {
      throw remember(error)
    }
    state.withLock { state in
      state.durableUnitCount = max(state.durableUnitCount, whole)
    }
  }

  /// Synchronizes when enough was written and enough time has passed, on one thread at a time.
  private func synchronizeIfDue() throws(ActivationStoreError) {
    let isDue = state.withLock { state in
      guard
        !state.isSynchronizing, state.pendingBytes >= Self.barrierBytes,
        state.lastBarrier.duration(to: .now) >= Self.barrierInterval
      else { return false }
      state.isSynchronizing = true
      return true
    }
    guard isDue else { return }
    defer { state.withLock { state in state.isSynchronizing = false } }
    try synchronize()
  }

  private func remember(_ failure: ActivationStoreError) -> ActivationStoreError {
    state.withLock { state in
      if state.failure == nil { state.failure = failure }
    }
    return failure
  }
}

/// How far a store is.
public struct StoreProgress: Sendable, Equatable {
  /// The number of commit units.
  public let unitCount: Int
  /// The units all of whose rows are in the file.
  public let wholeUnitCount: Int
  /// Those of them that the disk has for certain.
  public let durableUnitCount: Int
}
