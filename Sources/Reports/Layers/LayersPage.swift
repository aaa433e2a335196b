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
  case comparison = "layers-compare"
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
    switch kind {
    case .gap: self = try Self.read(LayerGap.self, kind, data, path: path)
    case .search: self = try Self.read(LayerSearch.self, kind, data, path: path)
    case .direction: self = try Self.read(LayerDirection.self, kind, data, path: path)
    case .patch: self = try Self.read(LayerPatching.self, kind, data, path: path)
    case .rank: self = try Self.read(LayerRanking.self, kind, data, path: path)
    case .weights: self = try Self.read(WeightShift.self, kind, data, path: path)
    case .comparison: self = try Self.read(LayerDrift.self, kind, data, path: path)
    case .landscape: self = try Self.read(Landscape.self, kind, data, path: path)
    case .moduleMap: self = try Self.read(ModuleMap.self, kind, data, path: path)
    case .moduleSearch: self = try Self.read(RobustModules.self, kind, data, path: path)
    case .moduleComparison: self = try Self.read(ModuleComparison.self, kind, data, path: path)
    }
  }

  private init(_ kind: LayersKind, tool: String, page: @escaping @Sendable (String) -> ReportPage) {
    self.kind = kind
    self.tool = tool
    self.page = page
  }

  private static func read<Result: LayersResult>(
    _ result: Result.Type, _ kind: LayersKind, _ data: Data, path: String
  ) throws(ReportError) -> LayersPage {
    let report = try decode(LayersReport<Result>.self, from: data, path: path)
    return LayersPage(kind, tool: report.toolVersion) {
      report.forms.page.namingCharts(behind: $0)
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
