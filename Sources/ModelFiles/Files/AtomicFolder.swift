#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder that takes its name only when all of it is on disk.
package struct AtomicFolder {
  /// Where the folder is while it is being made.
  private let temporary: String
  /// The name it will have, for messages.
  private let output: String

  /// Makes a folder; an entry that has the name already stays and is an error.
  ///
  /// - Parameters:
  ///   - path: the folder's name; slashes at its end do not count.
  ///   - body: writes the files.
  /// - Throws: `ModelFileError.folderExists` and `.cannotWrite`, and what `body` throws.
  package static func write(
    to path: String, _ body: (AtomicFolder) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    let folder = try AtomicFolder(path)
    do {
      try body(folder)
      try folder.publish()
    } catch {
      folder.remove()
      throw error
    }
  }

  private init(_ path: String) throws(ModelFileError) {
    var output = path
    while output.count > 1, output.hasSuffix("/") { output.removeLast() }
    guard !output.isEmpty, !output.utf8.contains(0) else {
      throw .cannotWrite(path: path, step: .create, code: EINVAL)
    }
    self.output = output
    let parent = output.lastIndex(of: "/").map { String(output[...$0]) } ?? "./"
    temporary = AtomicFile.temporaryPath(in: parent)
    try Self.demandFree(output)
    guard unsafe mkdir(temporary, 0o777) == 0 else {
      throw .cannotWrite(path: output, step: .create, code: errno)
    }
  }

  /// The path of a file in the folder while it is being made.
  package func path(of name: String) -> String { "\(temporary)/\(name)" }

  /// Writes a file.
  package func write(_ bytes: [UInt8], to name: String) throws(ModelFileError) {
    try AtomicFile.write(bytes, to: path(of: name), overwriting: false)
  }

  /// Copies a file that is already mapped.
  package func copy(_ file: MappedFile, to name: String) throws(ModelFileError) {
    try AtomicFile.write(to: path(of: name), overwriting: false) {
      (output) throws(ModelFileError) in
      try unsafe file.withBytes { (bytes) throws(ModelFileError) in try unsafe output.append(bytes)
      }
    }
  }

  /// Demands that nothing has a folder's name.
  package static func demandFree(_ path: String) throws(ModelFileError) {
    var status = stat()
    if unsafe lstat(path, &status) == 0 { throw .folderExists(path: path) }
  }

  /// Gives the folder its name.
  private func publish() throws(ModelFileError) {
    try Self.demandFree(output)
    guard unsafe rename(temporary, output) == 0 else {
      // An empty folder may have come in between and is replaced; anything else is not.
      if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR {
        throw .folderExists(path: output)
      }
      throw .cannotWrite(path: output, step: .name, code: errno)
    }
    try AtomicFile.sync(folderOf: output)
  }

  /// Takes away what was written so far.
  private func remove() {
    for name in ModelFolder(path: temporary).names() where name != "." && name != ".." {
      unsafe unlink(path(of: name))
    }
    unsafe rmdir(temporary)
  }
}
