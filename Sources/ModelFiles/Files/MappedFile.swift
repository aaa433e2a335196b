#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file mapped read-only into memory.
///
/// The file is opened once; its size and type come from that descriptor and never from its name again.
/// The mapping lasts as long as this object.
@safe public final class MappedFile: Sendable {
  /// The path it was opened by.
  public let path: String
  /// The number of bytes, at least 1.
  public let count: Int

  // Read-only memory that only deinit unmaps: several threads may read it.
  nonisolated(unsafe) private let start: UnsafeRawPointer

  /// Maps a regular file, following the links of a path that the user typed.
  public convenience init(path: String) throws(ModelFileError) {
    try self.init(path: path, followingLinks: true)
  }

  /// Maps a regular file.
  ///
  /// Links are not followed for a name that was found inside a file, where a link could stand for
  /// anything on this machine.
  package init(path: String, followingLinks: Bool) throws(ModelFileError) {
    // Without O_NONBLOCK, opening a named pipe waits until someone writes to it.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
    guard !path.utf8.contains(0) else { throw .notFound(path: path) }
    let descriptor = unsafe open(path, flags)
    guard descriptor >= 0 else {
      // Links in a circle are no links that were refused.
      if followingLinks && errno == ELOOP { throw .cannotOpen(path: path, code: ELOOP) }
      throw Self.failure(opening: path, code: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .cannotOpen(path: path, code: errno)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw .isFolder(path: path) }
    guard kind == S_IFREG else { throw .notRegularFile(path: path) }
    guard status.st_size > 0 else { throw .emptyFile(path: path) }
    let count = Int(status.st_size)
    guard
      let memory = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      unsafe memory != MAP_FAILED
    else { throw .cannotOpen(path: path, code: errno) }
    self.path = path
    self.count = count
    unsafe self.start = UnsafeRawPointer(memory)
  }

  deinit {
    unsafe munmap(UnsafeMutableRawPointer(mutating: start), count)
  }

  /// Lends the bytes.
  public func withBytes<Result, Thrown: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Thrown) -> Result
  ) throws(Thrown) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Lends the bytes as a span, which a parser cannot read past.
  package func withSpan<Result, Thrown: Error>(
    _ body: (Span<UInt8>) throws(Thrown) -> Result
  ) throws(Thrown) -> Result {
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    return try unsafe body(bytes.bindMemory(to: UInt8.self).span)
  }

  /// Lets the whole pages of a range go; they are brought back from the file when they are read again.
  package func release(_ range: Range<Int>) {
    advise(range, MADV_DONTNEED)
  }

  /// Lets the operating system read a range ahead.
  package func announce(_ range: Range<Int>) {
    advise(range, MADV_WILLNEED)
  }

  private func advise(_ range: Range<Int>, _ advice: Int32) {
    let page = Int(getpagesize())
    let first = (range.lowerBound + page - 1) / page * page
    // The file's last page is whole in memory, whatever its size.
    let end = range.upperBound == count ? count : range.upperBound / page * page
    guard first < end else { return }
    unsafe madvise(UnsafeMutableRawPointer(mutating: start + first), end - first, advice)
  }

  private static func failure(opening path: String, code: Int32) -> ModelFileError {
    switch code {
    case ENOENT, ENOTDIR: .notFound(path: path)
    case ELOOP: .symbolicLink(path: path)
    default: .cannotOpen(path: path, code: code)
    }
  }
}

extension MappedFile {
  /// The last part of the path.
  package var name: String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The whole file, if it is no larger than the limit, as one strict JSON object.
  package func jsonObject(byteLimit: Int, limits: JSONLimits = .default) throws(ModelFileError)
    -> JSONObject
  {
    guard count <= byteLimit else { throw .tooLarge(path: path, count: count, limit: byteLimit) }
    if let stranger = Stranger(self) { throw .stranger(path: path, stranger, expected: "JSON") }
    do {
      return try withSpan { (bytes) throws(JSONError) -> JSONObject in
        var scanner = try JSONScanner(bytes, limits: limits)
        let object = try scanner.object()
        try scanner.finish()
        return object
      }
    } catch {
      throw .json(path: path, error)
    }
  }
}
