import CHDF5
import ModelFiles
import Synchronization

/// The HDF5 library as a whole: one caller at a time, silent, without plug-ins.
enum HDF5 {
  // A build of HDF5 without thread safety must not be entered twice, and one with it only takes turns.
  private static let turn = Mutex<Void>(())

  /// Set up once, before anything else is asked of the library.
  ///
  /// Its clean-up at exit is left out: after a write that failed for want of room it would crash on the
  /// file it could not close, and a process that has said what is wrong would end by a signal. Nothing
  /// is left open that it could close.
  private static let isPrepared = H5dont_atexit() >= 0 && ch5_forbid_plugins() >= 0

  /// Runs a body that calls HDF5; it must not call this again.
  static func exclusively<Value: Sendable>(
    _ body: () throws(ActivationStoreError) -> Value
  ) throws(ActivationStoreError) -> Value {
    try turn.withLock { (_) throws(ActivationStoreError) -> Value in
      precondition(isPrepared, "HDF5 cannot be set up")
      ch5_silence_errors()
      return try body()
    }
  }

  /// Runs a body that writes a file of ours, whose failures are no fault of what is in it.
  static func building(
    _ path: String, _ body: () throws(ActivationStoreError) -> Void
  ) throws(ActivationStoreError) {
    do throws(ActivationStoreError) {
      try exclusively(body)
    } catch .hdf5(_, let step, let reason) {
      throw .cannotBuild(path: path, step: step, reason: reason)
    }
  }

  /// The failure of the call just made, with the innermost reason HDF5 gives for it.
  static func failure(_ path: String, _ step: String) -> ActivationStoreError {
    var reason = ""
    unsafe withUnsafeMutablePointer(to: &reason) { pointer in
      unsafe ch5_each_error(
        { description, context in
          guard let description = unsafe description, let context = unsafe context else { return }
          let reason = unsafe context.assumingMemoryBound(to: String.self)
          if unsafe reason.pointee.isEmpty {
            unsafe reason.pointee = String(cString: description)
          }
        }, pointer)
    }
    // Of a failed system call it tells the time and the name of the file too.
    if let message = reason.firstMatch(of: /error message = '([^']*)'/) {
      reason = String(message.1)
    }
    return .hdf5(path: path, step: step, reason: reason)
  }
}

/// An identifier of the HDF5 library, closed when its owner goes.
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let close: @convention(c) (hid_t) -> herr_t

  /// Takes an identifier just made, or fails when the library did not make one.
  init(
    _ id: hid_t, closedBy close: @escaping @convention(c) (hid_t) -> herr_t, path: String,
    step: @autoclosure () -> String
  ) throws(ActivationStoreError) {
    guard id >= 0 else { throw HDF5.failure(path, step()) }
    self.id = id
    self.close = close
  }

  deinit {
    _ = close(id)
  }

  /// Closes it now, and fails when what it still held could not be written.
  ///
  /// HDF5 keeps small writes back until then, so whoever writes must not leave closing to the end of a
  /// scope, where nobody hears of a failure.
  consuming func closed(path: String, step: String) throws(ActivationStoreError) {
    let (id, close) = (id, close)
    discard self
    guard close(id) >= 0 else { throw HDF5.failure(path, step) }
  }
}

/// The types of value a store holds, as they are in the file.
enum HDF5Type: CaseIterable, Sendable {
  case int32
  case int64
  case uint8
  case uint32
  case float32
  case float16
  case bfloat16
  /// UTF-8 of variable length.
  case text
  /// 64 hexadecimal digits.
  case digest

  /// The bytes of one value where it stands in the file.
  var byteCount: Int {
    switch self {
    case .uint8: 1
    case .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64: 8
    case .text: 16
    case .digest: 64
    }
  }

  /// A new handle of this type.
  func handle(path: String) throws(ActivationStoreError) -> HDF5Handle {
    let id =
      switch self {
      case .int32: H5Tcopy(ch5_int32())
      case .int64: H5Tcopy(ch5_int64())
      case .uint8: H5Tcopy(ch5_uint8())
      case .uint32: H5Tcopy(ch5_uint32())
      case .float32: H5Tcopy(ch5_float32())
      case .float16: ch5_new_half(5, 10, 15)
      case .bfloat16: ch5_new_half(8, 7, 127)
      case .text: ch5_new_string(0)
      case .digest: ch5_new_string(64)
      }
    return try HDF5Handle(id, closedBy: H5Tclose, path: path, step: "making the type \(self)")
  }

  /// Recognizes a type found in a file, or returns nil for one that no store has.
  init?(_ found: borrowing HDF5Handle, path: String) throws(ActivationStoreError) {
    for candidate in Self.allCases {
      let handle = try candidate.handle(path: path)
      if H5Tequal(found.id, handle.id) > 0 {
        self = candidate
        return
      }
    }
    return nil
  }
}
