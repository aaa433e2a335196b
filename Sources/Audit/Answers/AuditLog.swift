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
  private let log: LineLog
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

  private static let kind = "audit-answers"

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - manifest: what the measurements depend on.
  ///   - overwriting: whether one that cannot be used is begun anew.
  /// - Throws: `AuditError.otherProtocol` for a log of another audit, and for one that is damaged; an error while
  ///   another run has it open.
  public init(path: String, manifest: AuditManifest, overwriting: Bool = false) throws {
    self.path = path
    var log: LineLog?
    if FileManager.default.fileExists(atPath: path) {
      do {
        let earlier = try Self.open(path)
        for entry in try Self.entries(of: earlier, path, manifest) { entries[entry.key] = entry }
        log = earlier
      } catch {
        if !overwriting { throw error }
      }
    }
    if log == nil {
      let heading = Heading(schema: 1, kind: Self.kind, manifest: manifest)
      try LineLog.begin(path, with: heading, overwriting: overwriting)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    self.log = try log ?? Self.open(path)
  }

  /// What was measured; nil where it was not.
  func entry(_ key: String) -> Entry? { entries[key] }

  /// Keeps a measurement.
  func append(_ entry: Entry) throws {
    try log.append(entry)
    entries[entry.key] = entry
  }

  /// Removes the file; what was measured stays in memory.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }

  private static func open(_ path: String) throws -> LineLog {
    guard let log = try LineLog(path: path) else { throw AuditError.unreadableLog(path: path) }
    return log
  }

  /// What a log of this audit holds; a last line that was not finished is cut off.
  private static func entries(
    of log: LineLog, _ path: String, _ manifest: AuditManifest
  ) throws -> [Entry] {
    guard let content = log.content() else { throw AuditError.unreadableLog(path: path) }
    guard let heading = content.heading(Heading.self), heading.schema == 1, heading.kind == kind
    else { throw AuditError.damagedLog(path: path, line: 1) }
    let differing = manifest.differences(from: heading.manifest)
    guard differing.isEmpty else {
      throw AuditError.otherProtocol(path: path, differing: differing)
    }
    let entries = try content.entries(Entry.self) {
      AuditError.damagedLog(path: path, line: $0)
    }
    try log.keep(content)
    return entries
  }
}
