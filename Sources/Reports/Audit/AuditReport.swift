public import Audit

/// The result of `plumb audit` as it is written to `result.json`.
///
/// Schema version 1, described in docs/schemas/audit-result.schema.json. Keys are the properties' names in snake case, sorted; figures that do not exist are absent.
/// Nothing but `provenance` depends on where or with what the audit ran, and no part holds a prompt or an answer.
public struct AuditReport: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// The protocol and the models.
  public let manifest: AuditManifest
  /// What was found.
  public let result: AuditResult
  /// What computed it.
  public let provenance: ProbeReport.Provenance

  /// The version that is written, and the only one that is read.
  public static let schema = 1
  /// The kind that is written.
  public static let kind = "audit"

  /// Joins a result with what it depends on.
  public init(
    _ result: AuditResult, manifest: AuditManifest, toolVersion: String, backend: String
  ) {
    schema = Self.schema
    kind = Self.kind
    self.manifest = manifest
    self.result = result
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: backend)
  }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }

  /// What may differ before a change counts.
  var margins: AuditMargins { manifest.audit.margins }
}
