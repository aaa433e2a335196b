import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The folder of a virtual store, below which everything lies that its rows come from.
struct SourceFolder {
  /// The folder's path without links, ending in a slash.
  private let path: String

  /// The folder of a file that is there.
  init?(of file: String) {
    guard let file = Self.resolved(file) else { return nil }
    self.path = Self.folder(of: file)
  }

  /// The folder of a file that is to be made.
  init?(ofNew file: String) {
    guard let folder = Self.resolved(Self.folder(of: file)) else { return nil }
    self.path = folder == "/" ? folder : folder + "/"
  }

  /// The name that a file goes by in this folder, or nil for a file elsewhere.
  func name(of file: String) -> String? {
    guard let file = Self.resolved(file), isAbove(file) else { return nil }
    let name = String(decoding: file.utf8.dropFirst(path.utf8.count), as: UTF8.self)
    return Self.isBelow(ByteString(name)) ? name : nil
  }

  /// The file of a name; nil when the name leads out of the folder.
  func file(named name: String) -> String? {
    guard Self.isBelow(ByteString(name)) else { return nil }
    let file = path + name
    // What is not there cannot lead anywhere.
    guard let resolved = Self.resolved(file) else { return file }
    return isAbove(resolved) ? resolved : nil
  }

  private func isAbove(_ file: String) -> Bool {
    file.utf8.starts(with: path.utf8)
  }

  /// Whether a name is one of a file in or below a folder, whatever the folder.
  ///
  /// A percent sign would make HDF5 take the name for a pattern.
  static func isBelow(_ name: ByteString) -> Bool {
    let parts = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !name.bytes.contains(UInt8(ascii: "%")) && !name.bytes.contains(0)
      && parts.allSatisfy {
        !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
      }
  }

  private static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? "./"
  }

  private static func resolved(_ path: String) -> String? {
    guard !path.utf8.contains(0), let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
