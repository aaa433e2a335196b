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
