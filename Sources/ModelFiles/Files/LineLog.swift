import Foundation

/// A file of JSON values, one to a line, that grows as work goes on.
///
/// Work that was killed leaves whole lines and perhaps a last one that was not finished, which is cut off. A log that
/// is open is locked, so that two runs never write into one.
package final class LineLog {
  /// What is whole of a log.
  package struct Content {
    private let lines: [Data]
    fileprivate let byteCount: Int

    fileprivate init(_ data: Data) {
      let newline = UInt8(ascii: "\n")
      let whole = data.prefix(upTo: data.lastIndex(of: newline).map { $0 + 1 } ?? 0)
      lines = whole.split(separator: newline)
      byteCount = whole.count
    }

    /// The first line as what it should be; nil where it is something else.
    package func heading<Heading: Decodable>(_ type: Heading.Type = Heading.self) -> Heading? {
      lines.first.flatMap { try? LineLog.decoder.decode(type, from: $0) }
    }

    /// The lines behind the first.
    ///
    /// - Parameters:
    ///   - type: what each should be.
    ///   - failure: the error for a line, counted from 1, that is something else.
    /// - Returns: them, in order.
    /// - Throws: that error.
    package func entries<Entry: Decodable>(
      _ type: Entry.Type = Entry.self, failure: (_ line: Int) -> any Error
    ) throws -> [Entry] {
      let decoder = LineLog.decoder
      return try lines.dropFirst().enumerated().map { index, line in
        guard let entry = try? decoder.decode(type, from: line) else { throw failure(index + 2) }
        return entry
      }
    }
  }

  private let path: String
  private let file: FileHandle

  /// Largest log that is read.
  private static let byteLimit = 1 << 30

  /// Begins a log.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - heading: its first line.
  ///   - overwriting: whether a file that is there is replaced.
  /// - Throws: an error where the file cannot be written, or is there.
  package static func begin(
    _ path: String, with heading: some Encodable, overwriting: Bool
  ) throws {
    try AtomicFile.write(line(heading), to: path, overwriting: overwriting)
  }

  /// Opens a log to read it and to append to it; nil where that is not possible.
  ///
  /// - Parameter path: the file.
  /// - Throws: `LogInUse` while another run has it open.
  package init?(path: String) throws {
    guard let file = FileHandle(forUpdatingAtPath: path) else { return nil }
    self.path = path
    self.file = file
    guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { throw LogInUse(path: path) }
    try file.seekToEnd()
  }

  deinit { try? file.close() }

  /// What is whole of it; nil where it cannot be read.
  package func content() -> Content? {
    guard let size = try? file.seekToEnd(), size <= Self.byteLimit else { return nil }
    return FileManager.default.contents(atPath: path).map(Content.init)
  }

  /// Cuts off what is behind that.
  ///
  /// - Parameter content: what was read of it.
  /// - Throws: an error where the file cannot be changed.
  package func keep(_ content: Content) throws {
    try file.truncate(atOffset: UInt64(content.byteCount))
    try file.seekToEnd()
  }

  /// Appends a line and sees it to the disk.
  package func append(_ entry: some Encodable) throws {
    try file.write(contentsOf: Data(Self.line(entry)))
    try file.synchronize()
  }

  private static func line(_ content: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(content)) + [UInt8(ascii: "\n")]
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

/// A log that another run writes into.
package struct LogInUse: Failure, Equatable {
  let path: String

  package var kind: FailureKind { .tryAgain }

  package var description: String {
    "\(ByteString(path)) is in use by another run; wait until that ends, or choose another --output"
  }
}
