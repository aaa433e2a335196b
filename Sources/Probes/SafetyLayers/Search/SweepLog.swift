import Foundation
import Inference
public import ModelFiles

/// The counts of a search in a file, line by line, so that a search that was killed goes on.
public final class SweepLog {
  /// The name of the file in a search's folder.
  public static let fileName = "sweeps.jsonl"

  private let path: String
  private let file: FileHandle
  private var counts: [SweepCount]

  /// What every log begins with.
  private struct Heading: Codable, Equatable {
    let schema: Int
    let kind: String
    /// SHA-256 of all that the counts depend on.
    let identity: String
  }

  private static let limit = 1 << 28

  /// Opens a log, or begins one.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - identity: SHA-256 of all that the counts depend on.
  ///   - overwriting: whether one of another search, or this one's, is begun anew.
  /// - Throws: `SweepLogError` for a log of another search or one that is damaged.
  public init(path: String, identity: String, overwriting: Bool = false) throws {
    self.path = path
    let heading = Heading(schema: 1, kind: "layers-search-counts", identity: identity)
    if overwriting || !FileManager.default.fileExists(atPath: path) {
      try AtomicFile.write(Self.line(heading), to: path, overwriting: overwriting)
      counts = []
    } else {
      counts = try Self.read(path, heading)
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw SweepLogError(path: path, .cannotOpen)
    }
    self.file = file
    try file.seekToEnd()
  }

  deinit { try? file.close() }

  /// A count of so many prompts that is known.
  func count(of range: LayerRange, _ alpha: Double, isWhole: Bool, prompts: Int) -> SweepCount? {
    counts.first {
      $0.range == range && $0.alpha == alpha && ($0.incoherent != nil) == isWhole
        && $0.prompts == prompts
    }
  }

  /// Keeps a count.
  func append(_ count: SweepCount) throws {
    counts.append(count)
    try file.write(contentsOf: Data(Self.line(count)))
    try file.synchronize()
  }

  /// Reads a log and removes a last line that was not finished.
  private static func read(_ path: String, _ heading: Heading) throws -> [SweepCount] {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, size <= limit, let data = FileManager.default.contents(atPath: path) else {
      throw SweepLogError(path: path, .cannotOpen)
    }
    let newline = UInt8(ascii: "\n")
    let whole = data.prefix(upTo: data.lastIndex(of: newline).map { $0 + 1 } ?? 0)
    let lines = whole.split(separator: newline)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let first = lines.first,
      let found = try? decoder.decode(Heading.self, from: first), found.kind == heading.kind
    else { throw SweepLogError(path: path, .line(1)) }
    guard found == heading else { throw SweepLogError(path: path, .otherSearch) }
    let counts = try lines.dropFirst().enumerated().map { index, line in
      guard let count = try? decoder.decode(SweepCount.self, from: line) else {
        throw SweepLogError(path: path, .line(index + 2))
      }
      return count
    }
    if whole.count < data.count {
      try AtomicFile.write(Array(whole), to: path, overwriting: true)
    }
    return counts
  }

  private static func line(_ content: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(content)) + [UInt8(ascii: "\n")]
  }
}

/// Why a search cannot go on from its counts.
public struct SweepLogError: Failure, Equatable {
  /// What is wrong.
  public enum Fault: Sendable, Equatable {
    /// The file cannot be opened.
    case cannotOpen
    /// The counts are those of another search.
    case otherSearch
    /// A line is no count.
    case line(Int)
  }

  let path: String
  let fault: Fault

  package init(path: String, _ fault: Fault) {
    self.path = path
    self.fault = fault
  }

  public var kind: FailureKind {
    switch fault {
    case .cannotOpen: .inputOutput
    case .otherSearch: .mismatch
    case .line: .badInput
    }
  }

  public var description: String {
    let begin = "give --overwrite to begin anew, or choose another --output"
    return switch fault {
    case .cannotOpen: "\(ByteString(path)) cannot be opened to read and to write; \(begin)"
    case .otherSearch:
      """
      \(ByteString(path)) holds counts of another search (another model, prompts or settings); \(begin)
      """
    case .line(let number):
      "line \(number) of \(ByteString(path)) is no count of a search; \(begin)"
    }
  }
}
