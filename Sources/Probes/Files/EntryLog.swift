import Foundation
public import ModelFiles

/// Entries in a file, line by line, so that work that was killed goes on.
public final class EntryLog<Entry: Codable> {
  /// The entries, in the order they were made.
  package private(set) var entries: [Entry]
  private let log: LineLog

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
  /// - Throws: `EntryLogError` for a log of other work or one that is damaged; an error while another run has it open.
  package init(
    path: String, kind: String, words: EntryWords, identity: String, overwriting: Bool
  ) throws {
    let heading = Heading(schema: 1, kind: kind, identity: identity)
    let isNew = overwriting || !FileManager.default.fileExists(atPath: path)
    if isNew { try LineLog.begin(path, with: heading, overwriting: overwriting) }
    guard let log = try LineLog(path: path) else {
      throw EntryLogError(path: path, words, .cannotOpen)
    }
    entries = isNew ? [] : try Self.entries(of: log, path, heading, words)
    self.log = log
  }

  /// Keeps an entry.
  package func append(_ entry: Entry) throws {
    entries.append(entry)
    try log.append(entry)
  }

  /// What a log of this work holds; a last line that was not finished is cut off.
  private static func entries(
    of log: LineLog, _ path: String, _ heading: Heading, _ words: EntryWords
  ) throws -> [Entry] {
    guard let content = log.content() else {
      throw EntryLogError(path: path, words, .cannotOpen)
    }
    guard let found = content.heading(Heading.self), found.kind == heading.kind else {
      throw EntryLogError(path: path, words, .line(1))
    }
    guard found == heading else { throw EntryLogError(path: path, words, .otherWork) }
    let entries = try content.entries(Entry.self) { EntryLogError(path: path, words, .line($0)) }
    try log.keep(content)
    return entries
  }
}

/// What the entries of a log and the work that makes them are called.
package struct EntryWords: Sendable, Equatable {
  let entry: String
  let work: String

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
