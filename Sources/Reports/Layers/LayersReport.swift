public import Probes

/// The result of an analysis of layers as it is written to `result.json`.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted. Nothing but `provenance` depends on
/// where or with what the analysis ran.
public struct LayersReport<Result: LayersResult>: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// What it was run on.
  public let origin: LayersOrigin
  /// What was found.
  public let result: Result
  /// What computed it.
  public let provenance: ProbeReport.Provenance

  /// The version that is written, and the only one that is read.
  public static var schema: Int { 1 }

  /// Joins a result with where it came from.
  public init(_ result: Result, origin: LayersOrigin, toolVersion: String, backend: String) {
    schema = Self.schema
    kind = Result.kind
    self.origin = origin
    self.result = result
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: backend)
  }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

/// What an analysis of layers finds.
public protocol LayersResult: Codable, Sendable, Equatable {
  /// The kind that its report names.
  static var kind: String { get }
}

extension LayersReport {
  /// What the figures were computed from and with.
  var fields: [(name: String, value: String)] {
    let fields: [(name: String, value: String?)] = [
      ("model", origin.modelDigest), ("adapter", origin.adapterDigest),
      ("tokenizer", origin.tokenizerDigest), ("chat template", origin.templateDigest ?? "none"),
      ("prompts", origin.promptsDigest),
      ("labelled prompts", "\(origin.positives) of class 1, \(origin.negatives) of class 0"),
      ("groups", "\(origin.groups)"), ("group column", origin.groupColumn ?? "none"),
      ("precision", "\(origin.precision)"), ("seed", "\(origin.seed)"),
      ("tool", provenance.tool), ("linear algebra", provenance.backend),
    ]
    return fields.compactMap { name, value in value.map { (name, $0) } }
  }

  /// The same as a section of Markdown.
  var markdownFields: String {
    markdownList(
      "Provenance", fields.map { "\($0.name): \($0.value.escapedForMarkdown)" })
  }
}
