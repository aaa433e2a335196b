import ModelFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The names a store goes by: while it is made, while it is filled, and when it is whole.
struct StorePlace: Sendable {
  /// The name of the whole file, which never stands for anything less.
  let final: String

  init(_ final: String) {
    self.final = final
  }

  /// The file while rows are missing.
  var part: String { final + ".part" }

  /// The file before it has its structure and its room on the disk.
  var new: String { part + ".new" }

  /// What is told about the run that wrote the file.
  var manifest: String {
    (final.hasSuffix(".h5") ? String(final.dropLast(3)) : final) + ".manifest.json"
  }

  /// Every name that is taken on the way.
  var all: [String] { [final, part, new, manifest] }

  /// The last part of the whole file's name.
  var finalName: String {
    String(final.split(separator: "/").last ?? "")
  }

  private var folder: String {
    final.lastIndex(of: "/").map { String(final[...$0]) } ?? "./"
  }

  /// Demands that the whole file may take its name.
  func demandFree(overwriting: Bool) throws(ActivationStoreError) {
    guard !final.isEmpty, !final.hasSuffix("/"), !final.utf8.contains(0) else {
      throw .cannotCreate(path: final, code: EINVAL)
    }
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw .cannotCreate(path: final, code: errno)
    }
    var status = stat()
    guard unsafe lstat(final, &status) == 0 else { return }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .outputIsFolder(path: final) }
    guard overwriting else { throw .outputExists(path: final) }
  }

  /// Gives a file that is on the disk its next name, durably.
  func rename(_ path: String, to next: String) throws(ActivationStoreError) {
    guard systemRename(path, next) == 0 else {
      throw .cannotCreate(path: next, code: errno)
    }
    let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .syncFailed(path: next, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .syncFailed(path: next, code: errno) }
  }

  /// Removes a file of the store, such as an unfinished one that the caller holds the lock of.
  func remove(_ path: String) {
    unsafe unlink(path)
  }

  /// The bytes that are free where the file goes; as many as there can be where nobody can say.
  func freeByteCount() -> Int {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0, status.f_blocks > 0 else { return .max }
    let (free, overflows) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflows ? .max : Int(clamping: free)
  }

  /// The most bytes this process may give a file.
  static func fileSizeLimit() -> Int { limit(RLIMIT_FSIZE) }

  /// The most files this process may have open.
  static func openFileLimit() -> Int { limit(RLIMIT_NOFILE) }

  #if canImport(Glibc)
  private typealias Resource = __rlimit_resource
  #else
  private typealias Resource = Int32
  #endif

  private static func limit(_ resource: Resource) -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
    let status = unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    #else
    let status = unsafe getrlimit(resource, &limit)
    #endif
    return status == 0 ? Int(clamping: limit.rlim_cur) : .max
  }
}

/// The system's `rename`, which the method of that name hides.
private func systemRename(_ path: String, _ next: String) -> Int32 {
  unsafe rename(path, next)
}
