import Foundation
import ModelFiles
public import Probes

/// The result of `plumb probe` as it is written to `result.json`.
///
/// Schema version 2. Keys are the properties' names in snake case, sorted; figures that do not exist
/// are absent, or null inside a list. Nothing but `provenance` depends on where or with what the
/// analysis ran: no times, hosts or thread counts.
public struct ProbeReport: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// Where the vectors came from and how rows were chosen.
  public let origin: ProbeOrigin
  /// What was found.
  public let analysis: ProbeAnalysis
  /// What computed it.
  public let provenance: Provenance

  /// The version that is written, and the only one that is read.
  public static let schema = 2
  /// The kind that is written.
  public static let kind = "probe"

  /// What computed a report.
  public struct Provenance: Codable, Sendable, Equatable {
    /// Version of the tool.
    public let tool: String
    /// Linear algebra library, version and kernels.
    public let backend: String
  }

  /// Joins an analysis with where it came from.
  public init(_ run: ProbeRun, origin: ProbeOrigin, toolVersion: String) {
    schema = Self.schema
    kind = Self.kind
    self.origin = origin
    analysis = run.analysis
    provenance = Provenance(tool: toolVersion, backend: run.backend)
  }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

/// The files that `plumb probe` writes into its folder.
public struct ProbeOutputs: Sendable {
  private let folder: String
  private let isOverwriting: Bool

  /// The result for programs.
  public var result: String { "\(folder)/result.json" }
  /// The result for readers, as Markdown.
  public var report: String { "\(folder)/report.md" }
  /// The result for readers, as a page with charts.
  public var page: String { "\(folder)/report.html" }
  /// Scores of single tokens, where there are any.
  public var tokens: String { "\(folder)/\(TokenView.fileName)" }
  /// The fitted probes.
  public var probes: String { "\(folder)/probes.safetensors" }

  /// Names the folder; refuses existing files and a folder that cannot be made, before any work is done.
  public init(folder: String, overwriting: Bool) throws {
    self.folder = folder
    isOverwriting = overwriting
    var place = folder
    while !FileManager.default.fileExists(atPath: place), !place.isEmpty {
      place = (place as NSString).deletingLastPathComponent
    }
    if place.isEmpty { place = "." }
    guard !folder.isEmpty, unsafe access(place + "/", W_OK | X_OK) == 0 else {
      throw ModelFileError.cannotWrite(
        path: folder, step: .create, code: folder.isEmpty ? ENOENT : errno)
    }
    if overwriting { return }
    for path in [result, report, page, tokens, probes]
    where FileManager.default.fileExists(atPath: path) {
      throw ModelFileError.outputExists(path: path)
    }
  }

  /// Makes the folder and writes all files; the result comes last, so that where it is the others are.
  ///
  /// Without what draws the charts the page keeps its tables.
  public func write(
    _ run: ProbeRun, _ report: ProbeReport, tokens: TokenView? = nil, charts: ChartLibrary? = nil
  ) throws {
    guard
      (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true))
        != nil
    else { throw ModelFileError.cannotWrite(path: folder, step: .create, code: errno) }
    try run.save(from: report.origin, to: probes, overwriting: isOverwriting)
    try AtomicFile.write(
      Array(report.markdown.utf8), to: self.report, overwriting: isOverwriting)
    try AtomicFile.write(
      Array(report.html(tokens: tokens, charts: charts).utf8), to: page,
      overwriting: isOverwriting)
    if let tokens {
      try AtomicFile.write(try tokens.json(), to: self.tokens, overwriting: isOverwriting)
    } else if isOverwriting {
      // An earlier run's tokens would be taken for this one's.
      try? FileManager.default.removeItem(atPath: self.tokens)
    }
    try AtomicFile.write(try report.json(), to: result, overwriting: isOverwriting)
  }
}
