public import Tuning

/// The result of `plumb tune` as it is written to `result.json`.
///
/// Schema version 1. Keys are the properties' names in snake case, sorted. Everything but times, which are in
/// the log: the same bytes for the same run.
public struct TuningReport: Codable, Sendable, Equatable {
  /// Version of this layout.
  public let schema: Int
  /// What kind of report this is.
  public let kind: String
  /// Version of the tool.
  public let toolVersion: String
  /// Every choice, by the names of the options.
  public let configuration: [String: String]
  /// SHA-256 of what was read, by name: the model, the data.
  public let digests: [String: String]
  /// What was trained on.
  public let training: ExampleCount
  /// What the loss was evaluated on.
  public let heldOut: ExampleCount
  /// Examples that lost the end of an answer.
  public let truncatedExamples: Int
  /// Values that could be trained.
  public let trainedParameters: Int
  /// The folder with the weights: `adapter` or `model`; nil where none were written.
  public let weights: String?
  /// What came of the steps.
  public let outcome: TuningOutcome
  /// How far each weight moved.
  public let updates: [UpdateNorm]

  /// The version that is written, and the only one that is read.
  public static let schema = 1
  /// The kind that is written.
  public static let kind = "tuning"

  /// How much there is of some examples.
  public struct ExampleCount: Codable, Sendable, Equatable {
    /// Examples.
    public let examples: Int
    /// Their tokens, and those that count in the loss.
    public let tokens: Int
    public let targets: Int

    /// Counts examples.
    public init(_ examples: [TrainingExample]) {
      self.examples = examples.count
      tokens = examples.reduce(0) { $0 + $1.ids.count }
      targets = examples.reduce(0) { $0 + $1.targetCount }
    }
  }

  /// Describes a run.
  public init(
    toolVersion: String, configuration: [String: String], digests: [String: String],
    training: ExampleCount, heldOut: ExampleCount, truncatedExamples: Int, trainedParameters: Int,
    weights: String?, outcome: TuningOutcome, updates: [UpdateNorm]
  ) {
    schema = Self.schema
    kind = Self.kind
    self.toolVersion = toolVersion
    self.configuration = configuration
    self.digests = digests
    self.training = training
    self.heldOut = heldOut
    self.truncatedExamples = truncatedExamples
    self.trainedParameters = trainedParameters
    self.weights = weights
    self.outcome = outcome
    self.updates = updates
  }

  /// The report as JSON text, the same bytes for the same run.
  public func json() throws -> [UInt8] { try reportJSON(self) }
}

/// A run for readers: its result, its log where there is one, and what stopped it where something did.
public struct TunedRun: Sendable {
  let report: TuningReport
  let log: TuningLog?
  /// Why the run ended before its time, as a sentence.
  let fault: String?
  /// How text from input is shown; pages escape all text by themselves.
  let shown: @Sendable (String) -> String
  /// Whether it is told how long steps took, which is another figure each time.
  private(set) var tellsPace = true

  /// Joins what is known of a run.
  public init(_ report: TuningReport, log: TuningLog?, fault: String? = nil) {
    self.init(report, log: log, fault: fault) { $0 }
  }

  private init(
    _ report: TuningReport, log: TuningLog?, fault: String?,
    shown: @escaping @Sendable (String) -> String
  ) {
    self.report = report
    self.log = log
    self.fault = fault
    self.shown = shown
  }

  /// The run with text from input escaped.
  func escaped(_ escape: @escaping @Sendable (String) -> String) -> TunedRun {
    TunedRun(report, log: log, fault: fault, shown: escape)
  }

  /// The run without what is another figure each time.
  var withoutPace: TunedRun {
    var run = self
    run.tellsPace = false
    return run
  }

  /// The choices of the run, by the names of the options.
  var choices: [String: String] { report.configuration.mapValues(shown) }

  /// The run as one HTML file that needs nothing else; without what draws the charts it keeps its tables.
  public func html(charts: ChartLibrary?) -> String {
    page(of: TuningReport.kind).html(charts: charts)
  }
}
