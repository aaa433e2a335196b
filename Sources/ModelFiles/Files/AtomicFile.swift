#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes files that are either whole or not there.
package enum AtomicFile {
  /// Writes bytes to a new file that takes its name only when all of it is on disk.
  ///
  /// Unless overwriting is allowed, a file that has the name already stays and is an error.
  package static func write(
    _ bytes: [UInt8], to path: String, overwriting: Bool
  ) throws(ModelFileError) {
    try write(to: path, overwriting: overwriting) { (output) throws(ModelFileError) in
      try output.append(bytes)
    }
  }

  /// Writes a file piece by piece under the same promise.
  package static func write(
    to path: String, overwriting: Bool,
    _ body: (Output) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw .cannotWrite(path: path, step: .create, code: EINVAL)
    }
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT != S_IFDIR else { throw .outputIsFolder(path: path) }
      guard overwriting else { throw .outputExists(path: path) }
    }
    let temporary = temporaryPath(in: folder(of: path))
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, step: .create, code: errno) }
    do {
      try fill(descriptor, path: path, body)
      try publish(temporary, as: path, overwriting: overwriting)
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    try sync(folderOf: path)
  }

  /// What the names of unfinished files and folders begin with.
  package static let temporaryPrefix = ".plumbline-"

  /// A new name in a folder, whose path ends in a slash, for what is unfinished.
  static func temporaryPath(in folder: String) -> String {
    // The name does not grow with the output's, which may be as long as names can be.
    "\(folder)\(temporaryPrefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
  }

  private static func fill(
    _ descriptor: Int32, path: String, _ body: (Output) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    do throws(ModelFileError) {
      try body(Output(descriptor: descriptor, path: path))
      guard fsync(descriptor) == 0 else {
        throw .cannotWrite(path: path, step: .sync, code: errno)
      }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw .cannotWrite(path: path, step: .sync, code: errno) }
  }

  /// Gives the finished file its name.
  private static func publish(
    _ temporary: String, as path: String, overwriting: Bool
  ) throws(ModelFileError) {
    if !overwriting {
      // Unlike rename, link fails when someone took the name in the meantime.
      if unsafe link(temporary, path) == 0 {
        unsafe unlink(temporary)
        return
      }
      guard errno != EEXIST else { throw .outputExists(path: path) }
      // Some file systems have no links; there rename has to do.
    }
    guard unsafe rename(temporary, path) == 0 else {
      throw .cannotWrite(path: path, step: .name, code: errno)
    }
  }

  /// Brings to disk that an entry has its name.
  static func sync(folderOf path: String) throws(ModelFileError) {
    let descriptor = unsafe open(folder(of: path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, step: .sync, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, step: .sync, code: errno)
    }
  }

  /// The file while it is being written.
  package struct Output {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    /// Appends bytes.
    package func append(_ bytes: [UInt8]) throws(ModelFileError) {
      try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(ModelFileError) in
        try unsafe append(UnsafeRawBufferPointer(buffer))
      }
    }

    /// Appends the bytes of a buffer.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
      var rest = unsafe bytes
      while let base = rest.baseAddress, rest.count > 0 {
        let written = unsafe systemWrite(descriptor, base, rest.count)
        if written < 0 {
          guard errno == EINTR else { throw .cannotWrite(path: path, step: .write, code: errno) }
        } else {
          unsafe rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
      }
    }
  }
}

/// The system's `write`, which the methods above would hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
