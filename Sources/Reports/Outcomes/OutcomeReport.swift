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

  /// The report as JSON text, the same bytes for the same report.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

extension OutcomeReport where Analysis == ClassAnalysis {
  /// Joins an analysis of classes with where it came from.
  public init(_ run: ClassRun, origin: ProbeOrigin, toolVersion: String) {
    schema = 1
    kind = "classes"
    self.origin = origin
    analysis = run.analysis
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: run.backend)
  }
}

extension OutcomeReport where Analysis == RegressionAnalysis {
  /// Joins an analysis of numbers with where it came from.
  public init(_ run: RegressionRun, origin: ProbeOrigin, toolVersion: String) {
    schema = 1
    kind = "regression"
    self.origin = origin
    analysis = run.analysis
    provenance = ProbeReport.Provenance(tool: toolVersion, backend: run.backend)
  }
}

/// How the figures of classes and numbers came about, where both are alike.
func outcomeMethod(seed: UInt64, draws: Int) -> String {
  """
  Every figure is of prompts whose fold took no part in fitting, standardising or choosing. Prompts \
  that share a group, a pair or their text are never split. Intervals: 2.5th to 97.5th percentile over \
  \(draws) draws of whole groups, seed \(seed); gains are differences on the same prompts and draws. \
  That a label can be decoded does not mean the model acts on it.
  """
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

/// What a gain's interval says, after its sentence.
func gainWarning(_ gain: Estimate?) -> String {
  guard let gain, gain.low <= 0 else { return "" }
  return """
     The interval of the gain reaches zero or below: these prompts do not show that the activations \
    hold more than the text's surface does.
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
