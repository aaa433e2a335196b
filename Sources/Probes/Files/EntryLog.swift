import Foundation
public import ModelFiles

/// Entries in a file, line by line, so that work that was killed goes on.
public final class EntryLog<Entry: Codable> {
  /// The entries, in the order they were made.
  package private(set) var entries: [Entry]
  private let path: String
  private let words: EntryWords
  private let file: FileHandle

  /// What every log begins with.
  private struct Heading: Codable, Equatable {
    let schema: Int
    let kind: String
    /// SHA-256 of all that the entries depend on.
    let identity: String
  }

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - kind: what the file says it is.
  ///   - words: what entries and the work that makes them are called.
  ///   - identity: SHA-256 of all that the entries depend on.
  ///   - overwriting: whether a log of other work, or of this, is begun anew.
  /// - Throws: `EntryLogError` for a log of other work or one that is damaged.
  package init(
    path: String, kind: String, words: EntryWords, identity: String, overwriting: Bool
  ) throws {
    self.path = path
    self.words = words
    let heading = Heading(schema: 1, kind: kind, identity: identity)
    if overwriting || !FileManager.default.fileExists(atPath: path) {
      try AtomicFile.write(Self.line(heading), to: path, overwriting: overwriting)
      entries = []
    } else {
      entries = try Self.read(path, heading, words)
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw EntryLogError(path: path, words, .cannotOpen)
    }
    self.file = file
    try file.seekToEnd()
  }

  deinit { try? file.close() }

  /// Keeps an entry.
  package func append(_ entry: Entry) throws {
    entries.append(entry)
    try file.write(contentsOf: Data(Self.line(entry)))
    try file.synchronize()
  }

  /// Reads a log and removes a last line that was not finished.
  private static func read(
    _ path: String, _ heading: Heading, _ words: EntryWords
  ) throws -> [Entry] {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, size <= EntryWords.byteLimit,
      let data = FileManager.default.contents(atPath: path)
    else { throw EntryLogError(path: path, words, .cannotOpen) }
    let newline = UInt8(ascii: "\n")
    let whole = data.prefix(upTo: data.lastIndex(of: newline).map { $0 + 1 } ?? 0)
    let lines = whole.split(separator: newline)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let first = lines.first,
      let found = try? decoder.decode(Heading.self, from: first), found.kind == heading.kind
    else { throw EntryLogError(path: path, words, .line(1)) }
    guard found == heading else { throw EntryLogError(path: path, words, .otherWork) }
    let entries = try lines.dropFirst().enumerated().map { index, line in
      guard let entry = try? decoder.decode(Entry.self, from: line) else {
        throw EntryLogError(path: path, words, .line(index + 2))
      }
      return entry
    }
    if whole.count < data.count {
      try AtomicFile.write(Array(whole), to: path, overwriting: true)
    }
    return entries
  }

  private static func line(_ content: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(content)) + [UInt8(ascii: "\n")]
  }
}

/// What the entries of a log and the work that makes them are called.
package struct EntryWords: Sendable, Equatable {
  let entry: String
  let work: String

  /// Largest log that is read.
  static let byteLimit = 1 << 28

  package init(entry: String, work: String) {
    self.entry = entry
    self.work = work
  }
}

/// Why work cannot go on from its log.
public struct EntryLogError: Failure, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Equatable {
    /// The file cannot be opened.
    case cannotOpen
    /// The entries are of other work.
    case otherWork
    /// A line is no entry.
    case line(Int)
  }

  let path: String
  let words: EntryWords
  let fault: Fault

  package init(path: String, _ words: EntryWords, _ fault: Fault) {
    self.path = path
    self.words = words
    self.fault = fault
  }

  public var kind: FailureKind {
    switch fault {
    case .cannotOpen: .inputOutput
    case .otherWork: .mismatch
    case .line: .badInput
    }
  }

  public var description: String {
    let begin = "give --overwrite to begin anew, or choose another --output"
    return switch fault {
    case .cannotOpen: "\(ByteString(path)) cannot be opened to read and to write; \(begin)"
    case .otherWork:
      """
      \(ByteString(path)) holds \(words.entry)s of another \(words.work) (another model, prompts or \
      settings); \(begin)
      """
    case .line(let number):
      "line \(number) of \(ByteString(path)) is no \(words.entry) of a \(words.work); \(begin)"
    }
  }
}
