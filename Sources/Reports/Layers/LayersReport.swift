public import Probes

/// What an analysis of layers found.
public protocol LayersResult: Codable, Sendable, Equatable {
  /// What the analysis is called in `result.json`.
  static var kind: String { get }
  /// The forms its report is written in.
  static func forms(of report: LayersReport<Self>) -> ReportForms
}

extension LayerGap: LayersResult {
  public static var kind: String { "layers-gap" }

  public static func forms(of report: LayersReport<LayerGap>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

extension LayerSearch: LayersResult {
  public static var kind: String { "layers-search" }

  public static func forms(of report: LayersReport<LayerSearch>) -> ReportForms {
    ReportForms(
      markdown: report.markdown, terminalText: report.terminalText, page: report.page)
  }
}

/// The result of an analysis of layers as it is written to `result.json`.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted; figures that do not exist are absent.
/// Nothing but `provenance` depends on where or with what the analysis ran.
public struct LayersReport<Result: LayersResult>: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is, such as `layers-gap`.
  public let kind: String
  /// What was analysed.
  public let origin: LayersOrigin
  /// What was found.
  public let result: Result
  /// What computed it.
  public let provenance: ProbeReport.Provenance

  /// The version that is written.
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

  /// The report for people.
  public var forms: ReportForms { Result.forms(of: self) }
}

/// A report in the forms that people read.
public struct ReportForms {
  /// As a page of Markdown.
  public let markdown: String
  /// For a terminal, 80 columns wide.
  public let terminalText: String
  /// As a page with charts.
  let page: ReportPage

  /// The report as one HTML file that needs nothing else; without what draws the charts it keeps its tables.
  public func html(charts: ChartLibrary?) -> String { page.html(charts: charts) }
}
