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
  let overflow: OverflowPolicy
  let state: Mutex<State>

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

  struct State {
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
  /// - Throws: an error when the file cannot be made, is another capture's, or has a writer.
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

  /// Demands that a store may be written to a path, so that this is known before anything is loaded.
  public static func demandFree(
    path: String, overwriting: Bool
  ) throws(ActivationStoreError) {
    try StorePlace(path).demandFree(overwriting: overwriting)
  }

  /// Demands that the disk has room for a store that is not begun yet, so that this is known before
  /// anything is computed.
  public static func demandRoom(
    for plan: StorePlan, path: String
  ) throws(ActivationStoreError) {
    let place = StorePlace(path)
    guard try StoreFile.forUpdate(place.part, creating: false) == nil else { return }
    try plan.demandRoom(at: place)
  }

  /// Every name that writing a store takes, and takes from whatever has it.
  public static func names(path: String) -> [String] {
    StorePlace(path).all
  }

  /// Finds the units that hold what their checksums say, and takes the checksums of the others away.
  ///
  /// A writer that was killed may have left them in memory only, and one that the disk failed has left
  /// memory telling of what the disk does not have: so they are brought to the disk and read from there.
  private static func keepWholeUnits(
    of layout: StoreLayout, in file: StoreFile
  ) throws(ActivationStoreError) -> [Bool] {
    try file.synchronizeData()
    file.forgetCachedBytes()
    let whole = try unsafe withPieceBuffer { (buffer) throws(ActivationStoreError) in
      try unsafe layout.wholeUnits(in: file, buffer: buffer)
    }
    for (unit, isWhole) in whole.enumerated() where !isWhole {
      try file.write([UInt32(0)], at: layout.checksumOffset(of: unit))
    }
    return whole
  }

  /// Gives the store up: removes the unfinished file.
  public func discard() {
    place.remove(place.part)
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
      try file.demandName()
    } catch {
      throw remember(error)
    }
    state.withLock { state in
      state.durableUnitCount = max(state.durableUnitCount, whole)
    }
  }

  /// Synchronizes when enough was written and enough time has passed, on one thread at a time.
  func synchronizeIfDue() throws(ActivationStoreError) {
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

  /// Keeps the first failure, after which nothing is written.
  func remember(_ failure: ActivationStoreError) -> ActivationStoreError {
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
