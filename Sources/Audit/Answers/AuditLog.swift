import Foundation
import ModelFiles

/// What was measured so far, line by line in a file of the owner's alone, so that an audit that was interrupted
/// goes on.
///
/// It holds the tokens of answers, no text. It is removed when the audit is done, unless it is to be kept.
public final class AuditLog {
  /// The name of the file in an audit's folder.
  public static let fileName = "answers.jsonl"

  /// The file.
  public let path: String
  private let file: FileHandle
  private var entries: [String: Entry] = [:]

  /// What was measured of some prompts.
  struct Entry: Codable, Sendable {
    /// What was measured, of which, and from where on.
    var key: String
    /// Tokens of answers.
    var answers: [[Int32]]?
    /// Numbers.
    var values: [Double]?
  }

  /// What every log begins with.
  private struct Heading: Codable {
    let schema: Int
    let kind: String
    let manifest: AuditManifest
  }

  private static let limit = 1 << 30

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - manifest: what the measurements depend on.
  ///   - overwriting: whether one that cannot be used is begun anew.
  /// - Throws: `AuditError.otherProtocol` for a log of another audit, and for one that is damaged.
  public init(path: String, manifest: AuditManifest, overwriting: Bool = false) throws {
    self.path = path
    var found: [Entry]?
    if FileManager.default.fileExists(atPath: path) {
      do { found = try Self.read(path, manifest) } catch { if !overwriting { throw error } }
    }
    if found == nil {
      let heading = Heading(schema: 1, kind: "audit-answers", manifest: manifest)
      try AtomicFile.write(Self.line(heading), to: path, overwriting: overwriting)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw AuditError.unreadableLog(path: path)
    }
    self.file = file
    for entry in found ?? [] { entries[entry.key] = entry }
    try file.seekToEnd()
  }

  deinit { try? file.close() }

  /// What was measured; nil where it was not.
  func entry(_ key: String) -> Entry? { entries[key] }

  /// Keeps a measurement.
  func append(_ entry: Entry) throws {
    try file.write(contentsOf: Data(Self.line(entry)))
    try file.synchronize()
    entries[entry.key] = entry
  }

  /// Removes the file; what was measured stays in memory.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Reads a log and removes a last line that was not finished.
  private static func read(_ path: String, _ manifest: AuditManifest) throws -> [Entry] {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, size <= limit, let data = FileManager.default.contents(atPath: path) else {
      throw AuditError.unreadableLog(path: path)
    }
    let newline = UInt8(ascii: "\n")
    let whole = data.prefix(upTo: data.lastIndex(of: newline).map { $0 + 1 } ?? 0)
    let lines = whole.split(separator: newline)
    let decoder = JSONDecoder()
    guard let first = lines.first, let heading = try? decoder.decode(Heading.self, from: first),
      heading.schema == 1, heading.kind == "audit-answers"
    else { throw AuditError.damagedLog(path: path, line: 1) }
    let differing = manifest.differences(from: heading.manifest)
    guard differing.isEmpty else {
      throw AuditError.otherProtocol(path: path, differing: differing)
    }
    let entries = try lines.dropFirst().enumerated().map { index, line in
      guard let entry = try? decoder.decode(Entry.self, from: line) else {
        throw AuditError.damagedLog(path: path, line: index + 2)
      }
      return entry
    }
    if whole.count < data.count {
      try AtomicFile.write(Array(whole), to: path, overwriting: true)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    return entries
  }

  private static func line(_ content: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(content)) + [UInt8(ascii: "\n")]
  }
}
