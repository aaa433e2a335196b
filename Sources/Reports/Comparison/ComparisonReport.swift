public import Activations

/// The result of `plumb inspect --compare` as `--json` prints it.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted; figures that do not exist
/// are absent:
/// ```
/// {"schema": 1, "kind": "comparison", "tool": "0.1.0",
///  "comparison": {
///    "first": {"path", "identity_digest", "written_unit_count", "non_finite_prompt_count",
///              "only_here": ["site/layer_NN", …]},
///    "second": as first,
///    "differences": [{"field", "first", "second"}, …],
///    "unit_count", "compared_unit_count", "prompt_count", "row_count", "left_out_row_count",
///    "datasets": [{"name", "site", "layer", "width",
///                  "figures": {"mean_cosine", "worst_cosine": {"value", "row", "prompt", "position"},
///                              "relative_error", "worst_error": as worst_cosine}}, …]}}
/// ```
public struct ComparisonReport: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// Version of the tool.
  public let tool: String
  /// What was found.
  public let comparison: StoreComparison

  /// The version that is written.
  public static let schema = 1
  /// The kind that is written.
  public static let kind = "comparison"

  /// Reports a comparison.
  public init(_ comparison: StoreComparison, toolVersion: String) {
    schema = Self.schema
    kind = Self.kind
    tool = toolVersion
    self.comparison = comparison
  }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}
