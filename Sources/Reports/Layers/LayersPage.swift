import Foundation
import Probes

/// The kinds of results of analyses of layers.
enum LayersKind: String, CaseIterable {
  case gap = "layers-gap"
  case search = "layers-search"
  case direction = "layers-direction"
  case patch = "layers-patch"
  case rank = "layers-rank"
  case landscape = "layers-landscape"
  case weights = "layers-weights"
  case moduleMap = "modules-map"
  case moduleSearch = "modules-search"
  case moduleComparison = "modules-compare"

  /// The version of their layout.
  static var schema: Int { LayersReport<LayerGap>.schema }
}

/// A result of an analysis of layers, ready to be shown.
struct LayersPage: Sendable {
  /// What it is.
  let kind: LayersKind
  /// The version of the tool that computed it.
  let tool: String
  /// The page; the name tells apart the charts of several results.
  let page: @Sendable (_ name: String) -> ReportPage

  /// Reads a result of a known kind.
  init(_ kind: LayersKind, _ data: Data, path: String) throws(ReportError) {
    self.kind = kind
    switch kind {
    case .gap:
      let report = try decode(LayersReport<LayerGap>.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page(of: $0) })
    case .search:
      let report = try decode(LayersReport<LayerSearch>.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page(of: $0) })
    case .direction:
      let report = try decode(DirectionReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .patch:
      let report = try decode(PatchReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .rank:
      let report = try decode(RankReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .weights:
      let report = try decode(WeightsReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .moduleMap:
      let report = try decode(ModuleMapReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .moduleSearch:
      let report = try decode(RobustReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .moduleComparison:
      let report = try decode(ModuleComparisonReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    case .landscape:
      let report = try decode(LandscapeReport.self, from: data, path: path)
      (tool, page) = (report.provenance.tool, { report.page.namingCharts(behind: $0) })
    }
  }
}

extension LayersReport {
  /// Reads the result in a folder that an analysis of layers wrote; nil where there is none, or one of another
  /// kind.
  ///
  /// - Parameter folder: the folder.
  /// - Throws: `ReportError` for a result that is damaged or of another version.
  public init?(in folder: String) throws {
    let path = "\(folder)/result.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data = try ResultFile.content(of: path)
    guard let heading = try? JSONDecoder().decode(AnyResult.Heading.self, from: data) else {
      throw ReportError.notAResult(path: path)
    }
    guard heading.kind == Result.kind else { return nil }
    guard heading.schema == Self.schema else {
      throw ReportError.schema(path: path, found: heading.schema, expected: Self.schema)
    }
    self = try decode(Self.self, from: data, path: path)
  }

  /// What the tool was called that computed it.
  public var toolVersion: String { provenance.tool }
}
