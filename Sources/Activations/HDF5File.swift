import CHDF5
import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open HDF5 file; every use of it stands inside `HDF5.exclusively`.
struct HDF5File: ~Copyable {
  let path: String
  private let handle: HDF5Handle

  /// Empties the file and makes it an HDF5 file that any version of the library can open at any time.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - alignment: what the places of all larger runs of bytes are multiples of.
  /// - Throws: an error when HDF5 cannot write it.
  init(creating path: String, alignment: Int) throws(ActivationStoreError) {
    let creation = try HDF5Handle(
      H5Pcreate(ch5_file_create_class()), closedBy: H5Pclose, path: path, step: "creating it")
    let access = try Self.access(path)
    guard
      H5Pset_obj_track_times(creation.id, false) >= 0,
      H5Pset_alignment(access.id, hsize_t(alignment), hsize_t(alignment)) >= 0
    else { throw HDF5.failure(path, "creating it") }
    self.handle = try Self.file(
      unsafe H5Fcreate(path, ch5_truncate(), creation.id, access.id), path, step: "creating it")
    self.path = path
  }

  /// Opens a file to be read.
  init(reading path: String) throws(ActivationStoreError) {
    try self.init(path, ch5_read_only())
  }

  /// Opens a file of our own to be written to.
  init(updating path: String) throws(ActivationStoreError) {
    try self.init(path, ch5_read_write())
  }

  private init(_ path: String, _ mode: UInt32) throws(ActivationStoreError) {
    let access = try Self.access(path)
    self.handle = try Self.file(
      unsafe H5Fopen(path, mode, access.id), path, step: "opening it")
    self.path = path
  }

  /// HDF5 looks the path up again once it has the file; one that is gone by then is not a damaged one.
  private static func file(
    _ identifier: hid_t, _ path: String, step: String
  ) throws(ActivationStoreError) -> HDF5Handle {
    var status = stat()
    if identifier < 0, unsafe lstat(path, &status) != 0, errno == ENOENT {
      throw .replaced(path: path)
    }
    return try HDF5Handle(identifier, closedBy: H5Fclose, path: path, step: step)
  }

  private static func access(_ path: String) throws(ActivationStoreError) -> HDF5Handle {
    let access = try HDF5Handle(
      H5Pcreate(ch5_file_access_class()), closedBy: H5Pclose, path: path, step: "opening it")
    ch5_leave_locking(access.id)
    return access
  }

  /// Hands everything written to the operating system and closes the file.
  consuming func finish() throws(ActivationStoreError) {
    let step = "writing its structure"
    guard H5Fflush(handle.id, H5F_SCOPE_GLOBAL) >= 0 else { throw HDF5.failure(path, step) }
    let path = path
    try handle.closed(path: path, step: step)
  }

  /// The group everything hangs from.
  borrowing func root() throws(ActivationStoreError) -> HDF5Handle {
    try HDF5Handle(
      unsafe H5Gopen2(handle.id, "/", ch5_defaults()), closedBy: H5Gclose, path: path,
      step: "opening /")
  }

  /// Makes a group whose parent exists.
  borrowing func makeGroup(_ name: String) throws(ActivationStoreError) {
    let step = "creating \(name)"
    let creation = try HDF5Handle(
      H5Pcreate(ch5_group_create_class()), closedBy: H5Pclose, path: path, step: step)
    guard H5Pset_obj_track_times(creation.id, false) >= 0 else { throw HDF5.failure(path, step) }
    let link = try linkCreation(step)
    let group = try HDF5Handle(
      unsafe H5Gcreate2(handle.id, name, link.id, creation.id, ch5_defaults()), closedBy: H5Gclose,
      path: path, step: step)
    try group.closed(path: path, step: step)
  }

  /// Makes a dataset of a shape that is fixed from now on.
  borrowing func makeDataset(
    _ name: String, _ type: HDF5Type, shape: [Int], _ storage: HDF5Storage = .contiguous
  ) throws(ActivationStoreError) -> HDF5Handle {
    let step = "creating \(name)"
    let space = try HDF5Handle(shape: shape, path: path, step: step)
    let creation = try HDF5Handle(
      H5Pcreate(ch5_dataset_create_class()), closedBy: H5Pclose, path: path, step: step)
    guard
      H5Pset_obj_track_times(creation.id, false) >= 0,
      try storage.set(in: creation, type, shape: shape, path: path)
    else { throw HDF5.failure(path, step) }
    let link = try linkCreation(step)
    let stored = try type.handle(path: path)
    return try HDF5Handle(
      unsafe H5Dcreate2(handle.id, name, stored.id, space.id, link.id, creation.id, ch5_defaults()),
      closedBy: H5Dclose, path: path, step: step)
  }

  private borrowing func linkCreation(_ step: String) throws(ActivationStoreError) -> HDF5Handle {
    let link = try HDF5Handle(
      H5Pcreate(ch5_link_create_class()), closedBy: H5Pclose, path: path, step: step)
    guard H5Pset_char_encoding(link.id, H5T_CSET_UTF8) >= 0 else {
      throw HDF5.failure(path, step)
    }
    return link
  }

  /// Opens a dataset that is known to exist.
  borrowing func dataset(_ name: ByteString) throws(ActivationStoreError) -> HDF5Handle {
    try HDF5Handle(
      unsafe H5Dopen2(handle.id, name.characters, ch5_defaults()), closedBy: H5Dclose, path: path,
      step: "opening \(name)")
  }
}
