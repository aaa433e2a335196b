public import Probes

/// The result of an analysis of classes or numbers as it is written to `result.json`.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted; figures that do not exist
/// are absent, or null inside a list. Nothing but `provenance` depends on where or with what the
/// analysis ran.
public struct OutcomeReport<Analysis: Codable & Sendable & Equatable>: Codable, Sendable, Equatable
{
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is: `classes` or `regression`.
  public let kind: String
  /// Where the vectors came from and how rows were chosen.
  public let origin: ProbeOrigin
  /// What was found.
  public let analysis: Analysis
  /// What computed it.
  public let provenance: ProbeReport.Provenance

  /// The version that is written, and the only one that is read.
  public static var schema: Int { 1 }

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

/// A report of several classes.
public typealias ClassReport = OutcomeReport<ClassAnalysis>
/// A report of numbers.
public typealias RegressionReport = OutcomeReport<RegressionAnalysis>

extension OutcomeReport where Analysis == ClassAnalysis {
  /// The kind that is written.
  public static var kind: String { "classes" }

  /// Joins an analysis of classes with where it came from.
  public init(_ run: ClassRun, origin: ProbeOrigin, toolVersion: String) {
    schema = Self.schema
    kind = Self.kind
    self.origin = origin
    analysis = run.analysis
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: run.backend)
  }
}

extension OutcomeReport where Analysis == RegressionAnalysis {
  /// The kind that is written.
  public static var kind: String { "regression" }

  /// Joins an analysis of numbers with where it came from.
  public init(_ run: RegressionRun, origin: ProbeOrigin, toolVersion: String) {
    schema = Self.schema
    kind = Self.kind
    self.origin = origin
    analysis = run.analysis
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: run.backend)
  }
}

/// Why there is no headline.
func refusal(_ obstacles: [OutcomeObstacle]) -> String {
  guard !obstacles.isEmpty else {
    return """
      No headline: in some training part the inner folds have nothing to compare, so nothing could be \
      chosen there.
      """
  }
  let found = obstacles.map { obstacle in
    switch obstacle.count {
    case .groups: "\(counted(obstacle.found, "group")), where \(obstacle.needed) are needed"
    case .rows: "\(counted(obstacle.found, "prompt")), where \(obstacle.needed) are needed"
    case .smallestClass:
      "\(counted(obstacle.found, "prompt")) of the smallest class, where \(obstacle.needed) are needed"
    }
  }
  return """
    No headline: there are \(found.joined(separator: "; ")). The tables are complete, but too little \
    stands behind them to quote one figure.
    """
}

/// The choices of a headline as a table.
func choiceTable(_ choices: [OutcomeChoice], by figureName: String) -> String {
  var table = TextTable([.number("held-out fold"), .text("cell"), .number("inner \(figureName)")])
  for (fold, choice) in choices.enumerated() {
    table.add(["\(fold + 1)", choice.cell.escapedForMarkdown, figure(choice.inner)])
  }
  return table.markdown
}

extension OutcomeBaseline {
  /// The baseline's name in a table.
  func words(constant: String) -> String {
    switch self {
    case .constant: constant
    case .length: "length"
    case .bagOfTokens: "bag of tokens"
    }
  }
}
