import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

#if !canImport(Darwin)
/// Linux's `F_OFD_SETLK`, which its headers show to GNU sources alone.
private let lockOfOpenFile: Int32 = 37
#endif

/// A file read and written at given places, past HDF5, from any thread.
final class StoreFile: Sendable {
  /// The path it was opened by.
  let path: String
  private let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    unlock()
    close(descriptor)
  }

  /// Opens a regular file to be read.
  convenience init(reading path: String) throws(ActivationStoreError) {
    guard !path.utf8.contains(0) else { throw .notFound(path: path) }
    // Without O_NONBLOCK, opening a named pipe waits until someone writes to it.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .notFound(path: path) : .cannotOpen(path: path, code: errno)
    }
    self.init(path: path, descriptor: descriptor)
    guard try status().st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
  }

  /// Opens our own unfinished file to be read and written.
  ///
  /// - Parameters:
  ///   - path: the file, which may not be a link.
  ///   - creating: whether to make an empty one when there is none.
  /// - Returns: the file, or nil when there is none.
  /// - Throws: an error when it cannot be opened or is not a regular file.
  static func forUpdate(_ path: String, creating: Bool) throws(ActivationStoreError) -> StoreFile? {
    let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (creating ? O_CREAT : 0)
    let descriptor = unsafe open(path, flags, 0o666)
    guard descriptor >= 0 else {
      if errno == ENOENT, !creating { return nil }
      throw .cannotCreate(path: path, code: errno)
    }
    let file = StoreFile(path: path, descriptor: descriptor)
    guard try file.status().st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
    return file
  }

  private func status() throws(ActivationStoreError) -> stat {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .readFailed(path: path, code: errno)
    }
    return status
  }

  /// The number of bytes it has now.
  func byteCount() throws(ActivationStoreError) -> Int {
    Int(try status().st_size)
  }

  /// Whether the path still leads to this very file.
  func isStillNamed(_ path: String) throws(ActivationStoreError) -> Bool {
    let here = try status()
    var there = stat()
    return unsafe stat(path, &there) == 0
      && here.st_dev == there.st_dev && here.st_ino == there.st_ino
  }

  /// Demands that an unfinished file still has its name.
  ///
  /// Without it, rows would go where nobody finds them, and the final name to whatever has the name now.
  func demandName() throws(ActivationStoreError) {
    guard try isStillNamed(path) else { throw .vanished(path: path) }
  }

  /// Gives the lock back, if it is held.
  ///
  /// Closing is not enough: a process that is being started holds copies of all descriptors for a moment.
  private func unlock() {
    #if canImport(Darwin)
    _ = flock(descriptor, LOCK_UN)
    #else
    var whole = flock()
    whole.l_type = Int16(F_UNLCK)
    whole.l_whence = Int16(SEEK_SET)
    _ = unsafe fcntl(descriptor, lockOfOpenFile, &whole)
    #endif
  }

  /// Takes the writer's lock, or returns false when another writer has it.
  ///
  /// The lock goes with the descriptor, so a killed writer leaves none behind, and unlike a process-wide
  /// one it stays when HDF5 opens and closes the same file.
  func lock() throws(ActivationStoreError) -> Bool {
    #if canImport(Darwin)
    let status = flock(descriptor, LOCK_EX | LOCK_NB)
    #else
    var whole = flock()
    whole.l_type = Int16(F_WRLCK)
    whole.l_whence = Int16(SEEK_SET)
    let status = unsafe fcntl(descriptor, lockOfOpenFile, &whole)
    #endif
    if status == 0 { return true }
    guard errno == EAGAIN || errno == EACCES || errno == EWOULDBLOCK else {
      throw .cannotLock(path: path, code: errno)
    }
    return false
  }

  /// Makes the file so long, with its place on the disk set aside now.
  ///
  /// - Returns: the error code, 0 for success.
  func reserve(_ byteCount: Int) -> Int32 {
    #if canImport(Darwin)
    ftruncate(descriptor, off_t(byteCount)) == 0 ? 0 : errno
    #else
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, off_t(byteCount)) } while code == EINTR
    return code
    #endif
  }

  /// Fills a buffer from the bytes at `offset`.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(ActivationStoreError) {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let count = unsafe pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        guard errno == EINTR else { throw .readFailed(path: path, code: errno) }
      } else if count == 0 {
        throw .endsEarly(path: path, offset: offset + done, missing: buffer.count - done)
      } else {
        done += count
      }
    }
  }

  /// Writes all bytes of a buffer at `offset`.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws(ActivationStoreError) {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let count = unsafe pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        guard errno == EINTR else { throw .writeFailed(path: path, code: errno) }
      } else {
        done += count
      }
    }
  }

  /// Waits until the bytes written so far are on the disk.
  func synchronizeData() throws(ActivationStoreError) {
    #if canImport(Darwin)
    let status = fsync(descriptor)
    #else
    let status = fdatasync(descriptor)
    #endif
    guard status == 0 else { throw .syncFailed(path: path, code: errno) }
  }

  /// Lets the next reads come from the disk, as far as the operating system can be told to.
  func forgetCachedBytes() {
    #if !canImport(Darwin)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    #endif
  }

  /// Waits until the file as a whole is on the disk.
  func synchronize() throws(ActivationStoreError) {
    guard fsync(descriptor) == 0 else { throw .syncFailed(path: path, code: errno) }
  }
}
